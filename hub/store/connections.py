"""Connections: configured vendor accounts, their secrets sealed under a key of each one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

import msgspec
from sqlalchemy import Connection as Database
from sqlalchemy import select, update

from hub.records.connection import Account, ConnectionState, Family
from hub.store import tables
from hub.store.ids import new_id
from hub.store.sealing import Keyring, seal, unseal
from hub.store.unit_of_work import Unit

_rows = tables.connection
PREVIOUS_FOR = timedelta(hours=48)
"""How long a webhook signed with the secret before the last one is believed."""


@dataclass(frozen=True)
class Connected:
    """A connection as stored, without its secrets."""

    id: str
    code: str
    connector: str
    family: Family
    title: str
    state: ConnectionState
    reason: str
    writes: bool
    stock_master: bool
    epoch: int
    config: Mapping[str, Any]
    account: Account
    hook_token: str
    books_opened_at: datetime | None
    created_at: datetime


class UnknownConnectionError(LookupError):
    """No connection has this code or id."""


class DuplicateConnectionError(ValueError):
    """The code, or the remote account, is connected already."""


@dataclass(frozen=True)
class NewConnection:
    """What is needed to store a connection; secrets are given in clear and stored sealed."""

    code: str
    connector: str
    family: Family
    title: str
    shown: Mapping[str, Any]
    secrets: Mapping[str, str]
    account: Account
    concurrency: int


def add_connection(unit: Unit, new: NewConnection) -> str:
    """Store a connection that only reads; raises `DuplicateConnectionError`."""
    same_code = select(_rows.c.code).where(_rows.c.code == new.code)
    if unit.execute(same_code).first():
        raise DuplicateConnectionError(f"the code {new.code} is taken; give another with --code")
    same_account = select(_rows.c.code).where(
        _rows.c.connector == new.connector, _rows.c.account_id == new.account.id
    )
    if taken := unit.execute(same_account).scalar():
        raise DuplicateConnectionError(f"{new.account.id} is connected already, as {taken}")
    first_shop = select(_rows.c.id).where(_rows.c.family == Family.STOREFRONT.value)
    master = new.family == Family.STOREFRONT and unit.execute(first_shop).first() is None
    connection_id = new_id()
    key, wrapped = unit.keyring.new_data_key(connection_id)
    unit.execute(
        _rows.insert().values(
            id=connection_id, code=new.code, connector=new.connector, family=new.family.value,
            title=new.title, state=ConnectionState.ACTIVE.value, stock_master=master,
            concurrency=new.concurrency, config=dict(new.shown), wrapped_key=wrapped,
            sealed_secrets=_seal_secrets(key, connection_id, new.secrets),
            account_id=new.account.id, account=new.account.to_document(),
            hook_token=token_urlsafe(24), created_at=unit.now,
        )
    )  # fmt: skip
    return connection_id


def are_books_open(database: Database, connection_id: str) -> bool:
    """Say whether the opening stock of a connection has been taken."""
    query = select(_rows.c.books_opened_at).where(_rows.c.id == connection_id)
    return database.execute(query).scalar_one() is not None


def _seal_secrets(key: bytes, connection_id: str, secrets: Mapping[str, str]) -> bytes:
    return seal(key, msgspec.json.encode(dict(secrets)), f"secrets:{connection_id}")


def replace_secrets(unit: Unit, connection_id: str, secrets: Mapping[str, str]) -> None:
    """Seal new secrets; the epoch moves on, so that nothing begun with the old ones is recorded.

    The old ones still prove who sent a webhook that is under way, for `PREVIOUS_FOR`.
    """
    key = _key(unit.connection, unit.keyring, connection_id)
    unit.execute(
        update(_rows)
        .where(_rows.c.id == connection_id)
        .values(
            sealed_secrets=_seal_secrets(key, connection_id, secrets), epoch=_rows.c.epoch + 1,
            previous_secrets=_rows.c.sealed_secrets, previous_until=unit.now + PREVIOUS_FOR,
        )
    )  # fmt: skip


def set_account(unit: Unit, connection_id: str, account: Account) -> None:
    """Keep what the vendor says of itself now; it must be the same account."""
    unit.execute(
        update(_rows)
        .where(_rows.c.id == connection_id, _rows.c.account_id == account.id)
        .values(account=account.to_document())
    )


def forget_previous_secrets(unit: Unit, connection_id: str) -> bool:
    """Believe the secrets before the last renewal no longer; False when none were believed."""
    return bool(
        unit.changed(
            update(_rows)
            .where(_rows.c.id == connection_id, _rows.c.previous_until > unit.now)
            .values(previous_secrets=None, previous_until=None)
        )
    )


def open_previous_secrets(
    database: Database, keyring: Keyring, connection_id: str, now: datetime
) -> dict[str, str] | None:
    """Unseal the secrets before the last renewal; None when there are none, or too old ones."""
    row = database.execute(
        select(_rows.c.previous_secrets, _rows.c.previous_until).where(_rows.c.id == connection_id)
    ).one()
    if row.previous_secrets is None or row.previous_until <= now:
        return None
    key = _key(database, keyring, connection_id)
    clear = unseal(key, row.previous_secrets, f"secrets:{connection_id}")
    return msgspec.json.decode(clear, type=dict[str, str])


def open_secrets(database: Database, keyring: Keyring, connection_id: str) -> dict[str, str]:
    """Unseal a connection's secrets; raises `SealError` with the wrong hub key."""
    sealed = database.execute(
        select(_rows.c.sealed_secrets).where(_rows.c.id == connection_id)
    ).scalar_one()
    clear = unseal(_key(database, keyring, connection_id), sealed, f"secrets:{connection_id}")
    return msgspec.json.decode(clear, type=dict[str, str])


def data_key(database: Database, keyring: Keyring, connection_id: str) -> bytes:
    """Give the key that seals what belongs to a connection but to no known person."""
    return _key(database, keyring, connection_id)


def _key(database: Database, keyring: Keyring, connection_id: str) -> bytes:
    wrapped = database.execute(
        select(_rows.c.wrapped_key).where(_rows.c.id == connection_id)
    ).scalar_one()
    return keyring.unwrap(wrapped, connection_id)


def get_connection(database: Database, code_or_id: str) -> Connected:
    """Read a connection by code or id; raises `UnknownConnectionError`."""
    query = select(_rows).where((_rows.c.code == code_or_id) | (_rows.c.id == code_or_id))
    row = database.execute(query).one_or_none()
    if row is None:
        raise UnknownConnectionError(
            f"there is no connection {code_or_id}; `hub connections list` shows them"
        )
    return _to_connected(row)


def find_by_hook_token(database: Database, token: str) -> Connected | None:
    """Find the connection a webhook address belongs to."""
    row = database.execute(select(_rows).where(_rows.c.hook_token == token)).one_or_none()
    return None if row is None else _to_connected(row)


def list_connections(database: Database, family: Family | None = None) -> list[Connected]:
    """Read all connections, oldest first."""
    query = select(_rows).order_by(_rows.c.id)
    if family is not None:
        query = query.where(_rows.c.family == family.value)
    return [_to_connected(row) for row in database.execute(query)]


def set_state(unit: Unit, connection_id: str, state: ConnectionState, reason: str) -> bool:
    """Change what the hub may do with a connection; False when it was so already."""
    return bool(
        unit.changed(
            update(_rows)
            .where(_rows.c.id == connection_id, _rows.c.state != state.value)
            .values(state=state.value, reason=reason, epoch=_rows.c.epoch + 1)
        )
    )


def set_writes(unit: Unit, connection_id: str, writes: bool) -> bool:
    """Let the hub write to a connection, or stop it; False when it was so already."""
    return bool(
        unit.changed(
            update(_rows)
            .where(_rows.c.id == connection_id, _rows.c.writes.is_(not writes))
            .values(writes=writes, epoch=_rows.c.epoch + 1)
        )
    )


def mark_books_opened(unit: Unit, connection_id: str) -> bool:
    """Record that the first complete sync is over; False when it was before."""
    return bool(
        unit.changed(
            update(_rows)
            .where(_rows.c.id == connection_id, _rows.c.books_opened_at.is_(None))
            .values(books_opened_at=unit.now)
        )
    )


def _to_connected(row: Any) -> Connected:
    return Connected(
        id=row.id, code=row.code, connector=row.connector, family=Family(row.family),
        title=row.title, state=ConnectionState(row.state), reason=row.reason, writes=row.writes,
        stock_master=row.stock_master, epoch=row.epoch, config=row.config,
        account=Account.model_validate(row.account), hook_token=row.hook_token,
        books_opened_at=row.books_opened_at, created_at=row.created_at,
    )  # fmt: skip
