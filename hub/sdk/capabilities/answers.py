"""What capabilities answer with."""

from dataclasses import dataclass

from hub.records.catalogue import ListingTarget


@dataclass(frozen=True)
class Page:
    """One page of a stream: each record's own raw bytes, and the cursor after it.

    The hub hashes the bytes first and maps only what changed. `cursor` is opaque text owned by the
    connector; it is stored in the same commit as the page. `last` says the walk has reached the
    present. `total` is the vendor's count for a progress bar, when it gives one.
    """

    items: tuple[bytes, ...]
    cursor: str
    last: bool = False
    total: int | None = None


@dataclass(frozen=True)
class Accepted:
    """The vendor did it, and how it names the result."""

    external_id: str


@dataclass(frozen=True)
class StockAnswer:
    """What became of one stock target; a batch answers per item."""

    external_id: str
    stored: int | None = None
    """The quantity the vendor says it stored; None when it did not say or did not store."""
    problem: str | None = None
    """The vendor's reason when it refused this item."""
    stale: bool = False
    """Nothing was stored, because it no longer shows what was expected: it sold in between."""


@dataclass(frozen=True)
class ListingAnswer:
    """What became of one listing target; a batch answers per item."""

    external_id: str
    stored: ListingTarget | None = None
    """What the vendor says it shows now; None when it did not say or did not store."""
    problem: str | None = None
    """The vendor's reason when it refused this item."""
