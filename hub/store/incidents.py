"""Incidents: what was wrong with a connection, opened once, healed once, kept as history."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.domain.episodes import Episode
from hub.domain.health import Trouble, What
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_rows = tables.incident
WATCHED = "watched_until"
"""The fact about the hub up to when its troubles have been looked for."""


@dataclass(frozen=True)
class Incident:
    """One trouble with its beginning and, once it has one, its end."""

    id: str
    connection_id: str
    what: What
    text: str
    opened_at: datetime
    seen_at: datetime
    healed_at: datetime | None
    times: int


def open_incidents(database: Connection) -> dict[tuple[str, What], Incident]:
    """Give what is wrong as far as it was noted: (connection id, kind) → incident."""
    rows = database.execute(select(_rows).where(_rows.c.healed_at.is_(None)))
    found = [_incident(row) for row in rows]
    return {(one.connection_id, one.what): one for one in found}


def last_episodes(database: Connection, since: datetime) -> dict[str, Incident]:
    """Give the newest failing episode of each connection that is open or healed after `since`."""
    rows = database.execute(
        select(_rows)
        .where(_rows.c.what == What.UNREACHABLE.value,
               _rows.c.healed_at.is_(None) | (_rows.c.healed_at >= since))
        .order_by(_rows.c.opened_at)
    )  # fmt: skip
    return {row.connection_id: _incident(row) for row in rows}


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        row.id, row.connection_id, What(row.what), row.text, row.opened_at, row.seen_at,
        row.healed_at, row.times,
    )  # fmt: skip


def note_troubles(unit: Unit, connection_id: str, troubles: Iterable[Trouble]) -> None:
    """Open an incident for each trouble that has none, and heal those whose trouble is gone.

    What is made of failures is noted by `note_episodes`.
    """
    now = {one.what: one for one in troubles if one.what != What.UNREACHABLE}
    for trouble in now.values():
        _see(unit, connection_id, trouble.what, trouble.sentence, trouble.since or unit.now)
    gone = [what.value for what in What if what not in now and what != What.UNREACHABLE]
    unit.execute(
        update(_rows)
        .where(_rows.c.connection_id == connection_id, _rows.c.what.in_(gone),
               _rows.c.healed_at.is_(None))
        .values(healed_at=unit.now)
    )  # fmt: skip


def _see(unit: Unit, connection_id: str, what: What, text: str, since: datetime) -> None:
    seen = update(_rows).where(
        _rows.c.connection_id == connection_id, _rows.c.what == what.value,
        _rows.c.healed_at.is_(None),
    )  # fmt: skip
    if not unit.changed(seen.values(seen_at=unit.now, text=text)):
        _open(unit, connection_id, what, text, since, unit.now, None, 1)


def note_episodes(
    unit: Unit, connection_id: str, last: Incident | None, episodes: Iterable[Episode]
) -> None:
    """Write what became of failures: the `last` incident goes on or heals, others are new."""
    for one in episodes:
        if last is not None and one.opened_at == last.opened_at:
            unit.execute(
                update(_rows)
                .where(_rows.c.id == last.id)
                .values(seen_at=one.seen_at, healed_at=one.healed_at, times=one.times,
                        text=one.text)
            )  # fmt: skip
        else:
            _open(unit, connection_id, What.UNREACHABLE, one.text, one.opened_at, one.seen_at,
                  one.healed_at, one.times)  # fmt: skip


def note_absence(unit: Unit, since: datetime, text: str) -> None:
    """Note that the hub itself was not at work from `since` until now."""
    _open(unit, "", What.NOT_AT_WORK, text, since, unit.now, unit.now, 1)


def _open(
    unit: Unit, connection_id: str, what: What, text: str, opened_at: datetime,
    seen_at: datetime, healed_at: datetime | None, times: int,
) -> None:  # fmt: skip
    """Insert an incident, unless another watcher opened the same one this instant."""
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(_rows)
    unit.execute(
        insert.values(
            id=new_id(), connection_id=connection_id, what=what.value, text=text,
            opened_at=opened_at, seen_at=seen_at, healed_at=healed_at, times=times,
        ).on_conflict_do_nothing()
    )  # fmt: skip


def watched_until(database: Connection) -> datetime | None:
    """Give up to when troubles have been looked for; None before the first time."""
    text = database.execute(select(tables.hub.c.value).where(tables.hub.c.name == WATCHED)).scalar()
    return None if text is None else datetime.fromisoformat(text)


def look_every(database: Connection) -> timedelta:
    """Give how often troubles are looked for by schedule; zero when there is none."""
    plan = tables.schedule
    every_s = database.execute(
        select(plan.c.every_s).where(plan.c.name == "watch_health", plan.c.enabled)
    ).scalar()
    return timedelta(seconds=every_s or 0)


def set_watched_until(unit: Unit, at: datetime) -> None:
    """Remember up to when troubles have been looked for."""
    insert = (sqlite.insert if unit.dialect == "sqlite" else postgresql.insert)(tables.hub)
    unit.execute(
        insert.values(name=WATCHED, value=at.isoformat()).on_conflict_do_update(
            index_elements=["name"], set_={"value": at.isoformat()}
        )
    )
