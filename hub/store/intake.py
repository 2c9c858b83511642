"""Intake: webhooks received, and records kept aside because nobody understood them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store import tables
from hub.store.connections import data_key
from hub.store.ids import new_id
from hub.store.sealing import Keyring, seal, unseal
from hub.store.unit_of_work import Unit

_inbox = tables.inbox
_kept = tables.quarantine


@dataclass(frozen=True)
class InboxItem:
    """A received webhook: a doorbell for one record."""

    id: str
    connection_id: str
    kind: str
    external_id: str
    topic: str
    deleted: bool
    state: str


@dataclass(frozen=True)
class Arrival:
    """A verified webhook that is to be kept."""

    connection_id: str
    dedupe_key: str
    topic: str
    kind: str
    external_id: str
    deleted: bool
    body: bytes


def add_to_inbox(unit: Unit, arrivals: Sequence[Arrival]) -> list[str | None]:
    """Keep webhooks; gives their new ids, None for one that was kept before.

    Other processes may keep the same ones at this moment: the unique key decides who did.
    """
    first: dict[tuple[str, str], Arrival] = {}
    for one in arrivals:
        first.setdefault((one.connection_id, one.dedupe_key), one)
    keys = {
        connection_id: data_key(unit.connection, unit.keyring, connection_id)
        for connection_id in sorted({connection_id for connection_id, _ in first})
    }
    # Sorted, so that two processes with the same webhooks wait for each other in one order.
    rows = [_inbox_row(unit, first[key], keys[key[0]]) for key in sorted(first)]
    kept = unit.execute(_insert_unseen(unit), rows) if rows else ()
    new = {(row.connection_id, row.dedupe_key): row.id for row in kept}
    return [new.pop((one.connection_id, one.dedupe_key), None) for one in arrivals]


def _inbox_row(unit: Unit, one: Arrival, key: bytes) -> dict[str, Any]:
    item_id = new_id()
    return {
        "id": item_id, "connection_id": one.connection_id, "dedupe_key": one.dedupe_key,
        "topic": one.topic, "kind": one.kind, "external_id": one.external_id,
        "deleted": one.deleted, "sealed": seal(key, one.body, f"inbox:{item_id}"),
        "received_at": unit.now, "state": "new", "reason": "",
    }  # fmt: skip


def _insert_unseen(unit: Unit) -> Any:
    insert = sqlite.insert if unit.dialect == "sqlite" else postgresql.insert
    statement = insert(_inbox).on_conflict_do_nothing(
        index_elements=["connection_id", "dedupe_key"]
    )
    return statement.returning(_inbox.c.id, _inbox.c.connection_id, _inbox.c.dedupe_key)


def get_inbox_item(connection: Connection, item_id: str) -> InboxItem:
    """Read a webhook's doorbell."""
    row = connection.execute(select(_inbox).where(_inbox.c.id == item_id)).one()
    return InboxItem(
        row.id, row.connection_id, row.kind, row.external_id, row.topic, row.deleted, row.state
    )


def finish_inbox_item(unit: Unit, item: InboxItem, state: str, reason: str = "") -> None:
    """Record what became of a webhook.

    A delete carries only an id: once it is processed, an identical one is a new fact, so its
    dedupe key is set free.
    """
    values: dict[str, Any] = {"state": state, "reason": reason, "processed_at": unit.now}
    if item.deleted:
        values["dedupe_key"] = _inbox.c.dedupe_key + ":" + item.id
    unit.execute(update(_inbox).where(_inbox.c.id == item.id).values(**values))


@dataclass(frozen=True)
class Problem:
    """A record that was not understood: its bytes, their digest, and why."""

    digest: bytes
    raw: bytes
    reason: str
    external_id: str | None = None


_REOPENED = case((_kept.c.state == "auto_resolved", "open"), else_=_kept.c.state)
"""A record that fails again is open again, unless a person chose to ignore it."""


def keep_aside(unit: Unit, connection_id: str, kind: str, problems: Sequence[Problem]) -> None:
    """Keep records for a person; the same bytes again only count one more."""
    key = data_key(unit.connection, unit.keyring, connection_id) if problems else b""
    for problem in problems:
        seen = unit.changed(
            update(_kept)
            .where(_kept.c.connection_id == connection_id, _kept.c.kind == kind,
                   _kept.c.digest == problem.digest)
            .values(seen=_kept.c.seen + 1, state=_REOPENED)
        )  # fmt: skip
        if not seen:
            item_id = new_id()
            unit.execute(
                _kept.insert().values(
                    id=item_id, connection_id=connection_id, kind=kind, digest=problem.digest,
                    reason=problem.reason[:500], external_id=problem.external_id,
                    sealed=seal(key, problem.raw, f"quarantine:{item_id}"), created_at=unit.now,
                )
            )  # fmt: skip


# Built once, because it runs with every page and nearly always finds nothing.
_RESOLVE = (
    update(_kept)
    .where(_kept.c.connection_id == bindparam("shop"), _kept.c.kind == bindparam("kind_landed"),
           _kept.c.state == "open", _kept.c.external_id.in_(bindparam("landed", expanding=True)))
    .values(state="auto_resolved", resolved_at=bindparam("now"))
)  # fmt: skip


def resolve_kept(unit: Unit, connection_id: str, kind: str, external_ids: Sequence[str]) -> int:
    """Close the items of records that have landed since."""
    if not external_ids:
        return 0
    given = {"shop": connection_id, "kind_landed": kind, "landed": external_ids, "now": unit.now}
    return int(unit.connection.execute(_RESOLVE, given).rowcount)


def open_kept(connection: Connection, keyring: Keyring, item_id: str) -> tuple[str, str, bytes]:
    """Unseal a kept record: (connection id, kind, raw bytes)."""
    row = connection.execute(select(_kept).where(_kept.c.id == item_id)).one()
    key = data_key(connection, keyring, row.connection_id)
    return row.connection_id, row.kind, unseal(key, row.sealed, f"quarantine:{item_id}")
