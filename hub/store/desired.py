"""Desired state: what a channel should show, one versioned row per target, latest wins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

STOCK = "stock"
TRACKING = "tracking"
LISTING = "listing"
WEBHOOK = "webhook"

_desired = tables.desired


@dataclass(frozen=True)
class Wish:
    """A target that is not yet confirmed; the value itself is read when it is sent."""

    target: str
    version: int
    confirmed_value: str
    sent_value: str
    confirmed_version: int = 0
    sent_version: int = 0


def want(unit: Unit, connection_id: str, field: str, targets: Iterable[str]) -> None:
    """Say that these targets changed: each gets a version newer than any sent."""
    for target in targets:
        row = (
            _desired.c.connection_id == connection_id,
            _desired.c.field == field,
            _desired.c.target == target,
        )
        raised = unit.changed(
            update(_desired)
            .where(*row)
            .values(desired_version=_desired.c.desired_version + 1, changed_at=unit.now, problem="")
        )
        if not raised:
            unit.execute(
                _desired.insert().values(
                    connection_id=connection_id, field=field, target=target, changed_at=unit.now
                )
            )


def open_wishes(connection: Connection, connection_id: str, field: str, limit: int) -> list[Wish]:
    """Give targets whose newest version is not confirmed, oldest change first."""
    rows = connection.execute(
        select(_desired)
        .where(_desired.c.connection_id == connection_id, _desired.c.field == field,
               _desired.c.confirmed_version < _desired.c.desired_version,
               _desired.c.problem == "")
        .order_by(_desired.c.changed_at)
        .limit(limit)
    )  # fmt: skip
    return [
        Wish(
            row.target, row.desired_version, row.confirmed_value, row.sent_value,
            row.confirmed_version, row.sent_version,
        )
        for row in rows
    ]  # fmt: skip


def confirmed_values(
    connection: Connection, connection_id: str, field: str, targets: Sequence[str]
) -> dict[str, str]:
    """Give the value last confirmed for each of these targets, where there is one."""
    found: dict[str, str] = {}
    for start in range(0, len(targets), 500):
        rows = connection.execute(
            select(_desired.c.target, _desired.c.confirmed_value).where(
                _desired.c.connection_id == connection_id,
                _desired.c.field == field,
                _desired.c.target.in_(targets[start : start + 500]),
            )
        )
        found.update((row.target, row.confirmed_value) for row in rows)
    return found


def mark_sent(unit: Unit, connection_id: str, field: str, sent: Sequence[tuple[Wish, str]]) -> None:
    """Commit, before the call, which version and value is being sent."""
    for wish, value in sent:
        _set(unit, connection_id, field, wish.target, sent_version=wish.version, sent_value=value)
        unit.execute(
            tables.published.insert().values(
                id=new_id(), connection_id=connection_id, target=wish.target, value=value,
                version=wish.version, at=unit.now,
            )
        )  # fmt: skip


def times_sent(connection: Connection, connection_id: str, wish: Wish) -> int:
    """Count how often this version of a wish was sent."""
    sent = tables.published
    query = select(func.count()).where(
        sent.c.connection_id == connection_id, sent.c.target == wish.target,
        sent.c.version == wish.version,
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def confirm(unit: Unit, connection_id: str, field: str, wish: Wish, value: str) -> bool:
    """Record what the channel shows; only moves forward. False when a newer one was confirmed."""
    return bool(
        unit.changed(
            update(_desired)
            .where(_desired.c.connection_id == connection_id, _desired.c.field == field,
                   _desired.c.target == wish.target, _desired.c.confirmed_version < wish.version)
            .values(confirmed_version=wish.version, confirmed_value=value, problem="",
                    confirmed_at=unit.now)
        )
    )  # fmt: skip


def acknowledge(unit: Unit, connection_id: str, field: str, wish: Wish, shows: str | None) -> None:
    """Note that nothing of a wish is on its way: it was answered, with another value than wanted.

    `shows` is what the channel shows by our doing; None when nothing was stored.
    """
    unit.changed(
        update(_desired)
        .where(_desired.c.connection_id == connection_id, _desired.c.field == field,
               _desired.c.target == wish.target, _desired.c.sent_version <= wish.version)
        .values(sent_version=_desired.c.confirmed_version,
                **({} if shows is None else {"confirmed_value": shows}))
    )  # fmt: skip


def last_sent(
    connection: Connection, connection_id: str, targets: Sequence[str]
) -> dict[str, datetime]:
    """Give when something was last sent for each of these targets."""
    sent = tables.published
    rows = connection.execute(
        select(sent.c.target, func.max(sent.c.id).label("newest"))
        .where(sent.c.connection_id == connection_id, sent.c.target.in_(targets))
        .group_by(sent.c.target)
    )
    newest = {row.newest: row.target for row in rows}
    times = connection.execute(select(sent.c.id, sent.c.at).where(sent.c.id.in_(list(newest))))
    return {newest[row.id]: row.at for row in times}


def refuse(unit: Unit, connection_id: str, field: str, wish: Wish, problem: str) -> None:
    """Keep the channel's reason for not taking a value; it waits for a person or a change.

    A refusal of what is no longer wanted says nothing about what is.
    """
    unit.changed(
        update(_desired)
        .where(_desired.c.connection_id == connection_id, _desired.c.field == field,
               _desired.c.target == wish.target, _desired.c.desired_version == wish.version)
        .values(problem=problem[:500])
    )  # fmt: skip


def forget_wishes(unit: Unit, connection_id: str, field: str, targets: Sequence[str]) -> None:
    """Want nothing any more of targets that the channel no longer has."""
    for start in range(0, len(targets), 500):
        unit.execute(
            _desired.delete().where(
                _desired.c.connection_id == connection_id, _desired.c.field == field,
                _desired.c.target.in_(targets[start : start + 500]),
            )
        )  # fmt: skip


def retry_refused(unit: Unit, connection_id: str) -> int:
    """Forget the problems of a connection, so that everything refused is tried again."""
    return unit.changed(
        update(_desired)
        .where(_desired.c.connection_id == connection_id, _desired.c.problem != "")
        .values(problem="")
    )


def _set(unit: Unit, connection_id: str, field: str, target: str, **values: Any) -> None:
    unit.changed(
        update(_desired)
        .where(_desired.c.connection_id == connection_id, _desired.c.field == field,
               _desired.c.target == target)
        .values(**values)
    )  # fmt: skip
