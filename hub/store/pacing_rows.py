"""The rows of `pacing`: read, changed if nobody else did, or put by the only writer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.sdk.pacing import Breaker, Budget, room
from hub.store import tables
from hub.store.unit_of_work import Unit

_rows = tables.pacing


@dataclass(frozen=True)
class State:
    """What is known of one connection, as stored."""

    budget: Budget = Budget()
    breaker: Breaker = Breaker()
    reason: str = ""


def read_state(database: Connection, connection_id: str) -> tuple[State, int | None]:
    """Read what is stored of a connection, and its version; None when nothing is."""
    row = database.execute(select(_rows).where(_rows.c.connection_id == connection_id)).first()
    if row is None:
        return State(), None
    budget = Budget(
        row.full_at.timestamp(), row.share, row.cut_at.timestamp(), row.closed_until.timestamp()
    )
    opened_at = row.breaker_opened_at
    breaker = Breaker(
        opened_at.timestamp() if opened_at else None, row.breaker_probe_at.timestamp(),
        row.breaker_probes,
    )  # fmt: skip
    return State(budget, breaker, row.breaker_reason), row.version


def room_now(database: Connection, connection_id: str, concurrency: int, now: datetime) -> int:
    """Give how many jobs of a connection may run at once, as its vendor bears it at present."""
    state, _ = read_state(database, connection_id)
    return room(concurrency, state.budget.share_at(now.timestamp()))


def change_state(unit: Unit, connection_id: str, state: State, version: int) -> bool:
    """Store a state if the version is still the one that was read; False when it is not."""
    seen = (_rows.c.connection_id == connection_id, _rows.c.version == version)
    return bool(
        unit.changed(update(_rows).where(*seen).values(version=version + 1, **_values(state)))
    )


def make_row(unit: Unit, connection_id: str) -> None:
    """Make the row of a connection that has none; whoever is first."""
    _insert(unit, connection_id, State())


def put_state(unit: Unit, connection_id: str, state: State) -> bool:
    """Store a state over whatever is there: for the only process that calls this vendor."""
    _insert(unit, connection_id, state, _values(state))
    return True


def _insert(
    unit: Unit, connection_id: str, state: State, over: dict[str, Any] | None = None
) -> None:
    insert = sqlite.insert if unit.dialect == "sqlite" else postgresql.insert
    new = insert(_rows).values(connection_id=connection_id, version=1, **_values(state))
    unique = ["connection_id"]
    unit.execute(
        new.on_conflict_do_update(index_elements=unique, set_=over)
        if over
        else new.on_conflict_do_nothing(index_elements=unique)
    )


def _values(state: State) -> dict[str, Any]:
    budget, breaker = state.budget, state.breaker
    return {
        "full_at": _instant(budget.full_at), "share": budget.share,
        "cut_at": _instant(budget.cut_at), "closed_until": _instant(budget.closed_until),
        "breaker_opened_at": None if breaker.opened_at is None else _instant(breaker.opened_at),
        "breaker_probe_at": _instant(breaker.probe_at), "breaker_probes": breaker.probes,
        "breaker_reason": state.reason,
    }  # fmt: skip


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
