"""Intake: webhooks received, and records kept aside because nobody understood them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, case, select, update

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


def add_to_inbox(
    unit: Unit, connection_id: str, dedupe_key: str, topic: str, kind: str, external_id: str,
    deleted: bool, body: bytes,
) -> str | None:  # fmt: skip
    """Keep a webhook; None when the same one was kept before."""
    known = select(_inbox.c.id).where(
        _inbox.c.connection_id == connection_id, _inbox.c.dedupe_key == dedupe_key
    )
    if unit.execute(known).first() is not None:
        return None
    item_id = new_id()
    key = data_key(unit.connection, unit.keyring, connection_id)
    unit.execute(
        _inbox.insert().values(
            id=item_id, connection_id=connection_id, dedupe_key=dedupe_key, topic=topic, kind=kind,
            external_id=external_id, deleted=deleted, sealed=seal(key, body, f"inbox:{item_id}"),
            received_at=unit.now,
        )
    )  # fmt: skip
    return item_id


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
