"""Signals of every connection, counted in a few statements: what health is judged from."""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from hub.domain.episodes import QUIET, Episode, Failing, Try, follow
from hub.domain.signals import LeftAlone, Loss, Misread, Pile, Signals, Stream
from hub.store import tables
from hub.store.connections import list_connections
from hub.store.cursors import ORDERS, PRODUCTS
from hub.store.hearing import losses as count_losses
from hub.store.incidents import Incident, last_episodes, open_incidents, watched_until
from hub.store.jobs.states import JobState, in_state
from hub.store.misread import misread
from hub.store.other_hubs import other_hubs

LONGEST_LOOK = timedelta(hours=1)
"""How far back failures are looked for when nobody watched for longer."""

_job = tables.job


@dataclass(frozen=True)
class Pulse:
    """What the latest attempts say of one connection."""

    last: Incident | None
    """The episode that was noted before and may go on."""
    changed: tuple[Episode, ...]
    """What became of it, and what is new."""

    def failing(self) -> Failing | None:
        """Give what fails at present."""
        if self.changed:
            return self.changed[-1].failing()
        noted = _episode(self.last)
        return noted.failing() if noted else None


def read_signals(database: Connection, connectors: Container[str], now: datetime) -> list[Signals]:
    """Count the signals of every connection, oldest first; `connectors` are those of plugins."""
    pulses = read_pulses(database, now)
    streams = _streams(database)
    noted = open_incidents(database)
    losses = count_losses(database, now)
    left_alone, others = _left_alone(database), other_hubs(database, now)
    dead, kept, doubtful = _dead(database), _kept(database), _doubtful(database)
    return [
        Signals(
            connection_id=one.id, code=one.code, connector=one.connector, state=one.state,
            reason=one.reason, has_plugin=one.connector in connectors,
            streams=tuple(streams[one.id]),
            failing=pulses[one.id].failing() if one.id in pulses else None,
            left_alone=left_alone.get(one.id),
            dead=dead.get(one.id, Pile()), kept=kept.get(one.id, Pile()),
            doubtful=doubtful.get(one.id, Pile()), loss=losses.get(one.id, Loss()),
            misread=_misread(database, one.id) if one.id in kept else (),
            other_hub=others.get(one.id),
            noted={what: it.opened_at for (shop, what), it in noted.items() if shop == one.id},
        )
        for one in list_connections(database)
    ]  # fmt: skip


def _misread(database: Connection, connection_id: str) -> tuple[Misread, ...]:
    found = (misread(database, connection_id, stream) for stream in (ORDERS, PRODUCTS))
    return tuple(one for one in found if one is not None)


def own_dead_jobs(database: Connection) -> Pile:
    """Count the dead jobs that belong to no connection: the hub's own work."""
    return _dead(database).get("", Pile())


def _streams(database: Connection) -> Mapping[str, Sequence[Stream]]:
    schedule, cursor, shop = tables.schedule, tables.cursor, tables.connection
    rows = database.execute(
        select(schedule.c.name, schedule.c.every_s, shop.c.id, shop.c.created_at,
               cursor.c.complete_at)
        .join(shop, shop.c.id == schedule.c.connection_id)
        .outerjoin(cursor, (cursor.c.connection_id == shop.c.id)
                   & ("pull_" + cursor.c.stream == schedule.c.name))
        .where(schedule.c.enabled, schedule.c.name.like("pull\\_%", escape="\\"))
        .order_by(schedule.c.name)
    )  # fmt: skip
    found: dict[str, list[Stream]] = defaultdict(list)
    for row in rows:
        every = timedelta(seconds=row.every_s)
        name = row.name.removeprefix("pull_")
        found[row.id].append(Stream(name, every, row.complete_at, row.created_at))
    return found


def _left_alone(database: Connection) -> dict[str, LeftAlone]:
    pacing = tables.pacing
    rows = database.execute(select(pacing).where(pacing.c.breaker_opened_at.is_not(None)))
    return {
        row.connection_id: LeftAlone(
            row.breaker_opened_at, row.breaker_probe_at, row.breaker_reason
        )
        for row in rows
    }


def _dead(database: Connection) -> dict[str, Pile]:
    example = _job.c.kind + ": " + _job.c.last_error_text
    return _piles(database, _job, _job.c.finished_at, example, in_state(JobState.DEAD))


def _kept(database: Connection) -> dict[str, Pile]:
    kept = tables.quarantine
    return _piles(database, kept, kept.c.created_at, kept.c.reason, kept.c.state == "open")


def _doubtful(database: Connection) -> dict[str, Pile]:
    effect = tables.effect
    for_a_person = effect.c.state == "needs_operator"
    return _piles(database, effect, effect.c.updated_at, effect.c.reason, for_a_person)


def _piles(
    database: Connection, table: Any, since: Any, example: Any, which: Any
) -> dict[str, Pile]:
    rows = database.execute(
        select(table.c.connection_id, func.count().label("number"), func.min(since).label("since"),
               func.min(example).label("example"))
        .where(which)
        .group_by(table.c.connection_id)
    )  # fmt: skip
    return {
        row.connection_id or "": Pile(int(row.number), row.since, row.example or "") for row in rows
    }


def read_pulses(database: Connection, until: datetime) -> dict[str, Pulse]:
    """Follow the attempts that ended since troubles were last looked for, by connection."""
    since = max(watched_until(database) or until - LONGEST_LOOK, until - LONGEST_LOOK)
    last = last_episodes(database, since - QUIET)
    tries = _tries(database, since, until)
    return {
        shop: Pulse(last.get(shop), tuple(follow(_episode(last.get(shop)), tries.get(shop, ()))))
        for shop in last.keys() | tries.keys()
    }


def _episode(noted: Incident | None) -> Episode | None:
    if noted is None:
        return None
    return Episode(noted.opened_at, noted.seen_at, noted.healed_at, noted.times, noted.text)


def _tries(database: Connection, since: datetime, until: datetime) -> Mapping[str, Sequence[Try]]:
    tried = tables.job_attempt
    rows = database.execute(
        select(_job.c.connection_id, tried.c.ended_at, tried.c.error_class, tried.c.error_text)
        .join(_job, _job.c.id == tried.c.job_id)
        .where(tried.c.ended_at > since, tried.c.ended_at <= until,
               _job.c.connection_id.is_not(None))
        .order_by(tried.c.ended_at, tried.c.job_id)
    )  # fmt: skip
    found: dict[str, list[Try]] = defaultdict(list)
    for row in rows:
        found[row.connection_id].append(Try(row.ended_at, row.error_class, row.error_text))
    return found
