"""Signs that the hub itself is ill: work nobody does, clocks that jumped, books that disagree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select

from hub.store import tables
from hub.store.connections import open_secrets
from hub.store.intake import open_kept
from hub.store.jobs.states import JobState, in_state
from hub.store.people import ErasedError, open_parties
from hub.store.sealing import Keyring, SealError

SIGN_OF_LIFE = timedelta(minutes=3)
"""An engine at work looks after health every minute, so some attempt ends in this time."""
AHEAD = timedelta(minutes=5)
"""Rows from further ahead than this say that the clock went back."""
SAMPLE = 20
OWN_SCHEDULES = ("expire_reservations", "watch_health")

_job = tables.job
_shop = tables.connection


@dataclass(frozen=True)
class Slot:
    """A schedule that should exist: its name, and the connection's id and code ("": the hub's)."""

    name: str
    connection_id: str
    code: str


def works(database: Connection, now: datetime) -> bool:
    """Whether some process has worked on jobs lately, on whatever machine."""
    tried = tables.job_attempt
    recent = select(tried.c.job_id).where(tried.c.ended_at > now - SIGN_OF_LIFE)
    at_work = select(_job.c.id).where(in_state(JobState.RUNNING), _job.c.lease_until > now)
    return any(database.execute(query.limit(1)).first() for query in (recent, at_work))


def abandoned(database: Connection, now: datetime) -> int:
    """Count the running jobs whose worker has been gone for a minute and nobody took them back."""
    gone = _job.c.lease_until < now - timedelta(minutes=1)
    query = select(func.count()).where(in_state(JobState.RUNNING), gone)
    return int(database.execute(query).scalar_one())


def held_for_nothing(database: Connection) -> dict[str, int]:
    """Count the held jobs of active connections, by connection id: nothing will release them."""
    rows = database.execute(
        select(_shop.c.id, func.count())
        .join(_job, _job.c.connection_id == _shop.c.id)
        .where(in_state(JobState.HELD), _shop.c.state == "active")
        .group_by(_shop.c.id)
    )
    return {shop: int(count) for shop, count in rows}


def newest_row(database: Connection) -> datetime | None:
    """Give the newest instant the hub has written anything at."""
    event, tried = tables.event, tables.job_attempt
    newest_event = select(event.c.at).order_by(event.c.id.desc()).limit(1)
    found = [
        database.execute(newest_event).scalar(),
        database.execute(select(func.max(tried.c.ended_at))).scalar(),
    ]
    return max((at for at in found if at is not None), default=None)


def missing_schedules(database: Connection, pulls: Mapping[str, tuple[str, ...]]) -> Iterator[Slot]:
    """Give the schedules that should exist; `pulls` are the kinds each connector's pulls have.

    The hub's own are planned when it is first served; before that none is missing.
    """
    plan = tables.schedule
    rows = database.execute(select(plan.c.name, plan.c.connection_id))
    known = {(row.name, row.connection_id) for row in rows}
    served = any((name, "") in known for name in OWN_SCHEDULES)
    for name in OWN_SCHEDULES:
        if served and (name, "") not in known:
            yield Slot(name, "", "")
    for row in database.execute(select(_shop.c.id, _shop.c.code, _shop.c.connector)):
        for name in pulls.get(row.connector, ()):
            if (name, row.id) not in known:
                yield Slot(name, row.id, row.code)


def unconfirmed_webhooks(database: Connection, now: datetime) -> list[tuple[str, str]]:
    """Give connection and topic of webhooks that are wanted for an hour and are not in force."""
    wish = tables.desired
    rows = database.execute(
        select(_shop.c.code, wish.c.target)
        .join(_shop, _shop.c.id == wish.c.connection_id)
        .where(wish.c.field == "webhook", wish.c.confirmed_version < wish.c.desired_version,
               wish.c.changed_at < now - timedelta(hours=1))
        .order_by(_shop.c.code, wish.c.target)
    )  # fmt: skip
    return [(row.code, row.target) for row in rows]


def simulated(database: Connection) -> tuple[list[str], int]:
    """Give the codes of connections whose vendor is this machine, and how many are elsewhere."""
    here, elsewhere = [], 0
    for row in database.execute(select(_shop.c.code, _shop.c.config).order_by(_shop.c.id)):
        hosts = {host for host in map(_host, row.config.values()) if host}
        if any(map(_is_this_machine, hosts)):
            here.append(row.code)
        elif hosts:
            elsewhere += 1
    return here, elsewhere


def _host(value: Any) -> str:
    text = value if isinstance(value, str) and "://" in value else ""
    return urlsplit(text).hostname or ""


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def unreadable(database: Connection, keyring: Keyring) -> Iterator[str]:
    """Try what is sealed, all credentials and the newest of the rest; name what does not open."""
    for row in database.execute(select(_shop.c.id, _shop.c.code)):
        try:
            open_secrets(database, keyring, row.id)
        except SealError:
            yield f"the credentials of {row.code}"
    kept, party = tables.quarantine, tables.party
    for item in database.execute(select(kept.c.id).order_by(kept.c.id.desc()).limit(SAMPLE)):
        try:
            open_kept(database, keyring, item.id)
        except SealError:
            yield f"the kept record {item.id}"
    for one in database.execute(select(party.c.id).order_by(party.c.id.desc()).limit(SAMPLE)):
        try:
            open_parties(database, keyring, one.id)
        except ErasedError:
            continue
        except SealError:
            yield f"the person of {one.id}"
