"""How fast a vendor is asked at present, and whether it is left alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from hub.sdk.pacing import LONGEST_CLOSED, room
from hub.store import tables
from hub.store.pacing_rows import read_state


@dataclass(frozen=True)
class Pacing:
    """The pace of one connection; instants are None where they do not hold calls back."""

    share: float
    """Of the declared rate; below 1 for a while after the vendor asked for less."""
    at_once: int
    """Jobs that may call it at the same time, as it bears it at present."""
    at_most: int
    """Jobs that may when it is well."""
    patient_until: datetime | None
    """The vendor asked for patience until then."""
    left_alone_since: datetime | None
    """It kept failing, and its breaker is open since."""
    probe_at: datetime | None
    """From then on one call tries whether it is back."""
    reason: str
    """How its calls failed."""


def pacing_of(database: Connection, connection_id: str, now: datetime) -> Pacing:
    """Give the pace of a connection; one that was never slowed down has all of its rate."""
    state, _ = read_state(database, connection_id)
    budget, breaker = state.budget, state.breaker
    asked = 0 < budget.closed_until - now.timestamp() <= LONGEST_CLOSED
    share = budget.share_at(now.timestamp())
    shop = tables.connection
    most = database.execute(
        select(shop.c.concurrency).where(shop.c.id == connection_id)
    ).scalar_one()
    return Pacing(
        share=share,
        at_once=room(most, share),
        at_most=most,
        patient_until=_instant(budget.closed_until) if asked else None,
        left_alone_since=_instant(breaker.opened_at),
        probe_at=_instant(breaker.probe_at) if breaker.is_open else None,
        reason=state.reason,
    )


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
