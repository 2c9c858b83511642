"""The accounts of the physical ledger: where units can be, and where they come from and go."""

from dataclasses import dataclass

from hub.records.stock import Bucket
from hub.sdk.errors import TransientError

ADJUSTMENT = "adjustment"
CUSTOMER = "customer"
SUPPLIER = "supplier"
SCRAP = "scrap"
ASSEMBLY = "assembly"
"""Where components go and what is made of them comes from."""

PLACE = "location:"
_TRANSIT = "transit:"


class StockConflictError(TransientError):
    """Stock moved between reading and writing: roll back, read again, decide again."""


def account(location_id: str, bucket: Bucket | None = None) -> str:
    """Name the account of a location's good units, or of one of its buckets."""
    return f"{PLACE}{location_id}/{bucket}" if bucket else f"{PLACE}{location_id}"


def transit(transfer_id: str) -> str:
    """Name the account of the units that are on their way between two locations."""
    return f"{_TRANSIT}{transfer_id}"


@dataclass(frozen=True)
class Place:
    """An account inside a building: good units, or a bucket of others."""

    location_id: str
    bucket: Bucket | None


def place_of(name: str) -> Place | None:
    """Read an account's name back; None where the units are in no building."""
    if not name.startswith(PLACE):
        return None
    location_id, _, bucket = name.removeprefix(PLACE).partition("/")
    return Place(location_id, Bucket(bucket) if bucket else None)


def is_transit(name: str) -> bool:
    """Whether an account holds units between two locations."""
    return name.startswith(_TRANSIT)
