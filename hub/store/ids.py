"""Ids: UUIDv7 text, so that sorting by id is sorting by time of creation."""

from uuid_utils import uuid7


def new_id() -> str:
    """Mint an id."""
    return str(uuid7())
