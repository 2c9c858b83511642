"""What the simulated carrier answers, and answers again to the same key."""

import hashlib
from datetime import datetime, timedelta

import msgspec

from hub.testing.carrier.flavours import KEY_RETENTION
from hub.testing.twins import Document, TwinState

Answer = tuple[int, Document]


def failure(status: int, code: str, message: str) -> Answer:
    """Give an error as this carrier words it."""
    return status, {"error": {"code": code, "message": message}}


def recall(state: TwinState, key: str, given: Document) -> Answer | None:
    """Give what this key was answered before; None when it is new, or too old to be known."""
    kept = state.get("key", key)
    if kept is None or datetime.fromisoformat(kept["until"]) <= state.clock.now():
        return None
    if kept["digest"] != _digest(given):
        return failure(422, "key_reused", "This key was used with other parameters")
    if kept["status"] is None:
        return failure(409, "in_progress", "The first request with this key is still at work")
    return kept["status"], kept["body"]


def remember(
    state: TwinState, key: str, given: Document, answer: tuple[int | None, Document | None]
) -> None:
    """Keep the answer for this key, None while it is at work; no key, nothing to keep."""
    if not key:
        return
    kept = state.get("key", key)
    now = state.clock.now()
    first = kept is None or datetime.fromisoformat(kept["until"]) <= now
    until = (now + _retention(state)).isoformat() if first else kept["until"]  # type: ignore[index]
    status, body = answer
    entry = {"digest": _digest(given), "until": until, "status": status, "body": body}
    state.put("key", key, entry)


def _retention(state: TwinState) -> timedelta:
    return timedelta(
        seconds=float(state.options.get("key_retention", KEY_RETENTION.total_seconds()))
    )


def _digest(given: Document) -> str:
    return hashlib.sha256(msgspec.json.encode(given, order="sorted")).hexdigest()
