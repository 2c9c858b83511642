"""Connecting vendors: check, seal, schedule, pause, resume, and the switch for writes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from hub.records.connection import Account, ConnectionState, Family
from hub.records.events import EventKind
from hub.records.order import HoldReason
from hub.sdk.capabilities import PullMessages, PullOrders, PullProducts, PullReturns
from hub.sdk.config import check_config, secret_fields, split_secrets
from hub.sdk.connector import Connector
from hub.sdk.errors import ConfigError
from hub.services.context import Hub
from hub.services.intake.comparison import schedule_comparison
from hub.services.orders.holds import release_all
from hub.services.orders.resolve import ask_for_labels_again
from hub.services.vendors.subscriptions import schedule_audit
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import (
    Connected,
    NewConnection,
    add_connection,
    get_connection,
    list_connections,
    open_secrets,
    replace_secrets,
    set_account,
    set_state,
    set_writes,
)
from hub.store.cursors import forget_cursor
from hub.store.jobs import hold_connection_jobs, resume_connection_jobs, wake_connection_jobs
from hub.store.schedules import put_schedule, wake_schedules_of
from hub.store.unit_of_work import Unit

_PULLS = {
    PullProducts: "pull_products", PullOrders: "pull_orders", PullMessages: "pull_messages",
    PullReturns: "pull_returns",
}  # fmt: skip
"""Products first: an order line is mapped as it lands when its listing is known by then."""


def connect(
    hub: Hub, connector: str, code: str, title: str, config: Mapping[str, Any]
) -> tuple[str, Account]:
    """Connect a vendor account: schema, live check, unique account, sealed; then it only reads.

    Raises `ConfigError`, the vendor's `AuthError`, or `DuplicateConnectionError`; nothing is kept.
    """
    descriptor = hub.registry.connector(connector)
    full = check_config(descriptor.config_schema, config)
    shown, secrets = split_secrets(descriptor.config_schema, full)
    opened = hub.registry.open(
        "new", connector, shown, secrets, hub.http_for("new"), hub.store.clock,
        mail=hub.mail_for("new"),
    )  # fmt: skip
    account = opened.connector.check()
    new = NewConnection(
        code=code, connector=connector, family=descriptor.family, title=title or account.title,
        shown=shown, secrets=secrets, account=account,
        concurrency=descriptor.rate.concurrency if descriptor.rate else 2,
    )  # fmt: skip
    with hub.store.unit_of_work() as unit:
        connection_id = add_connection(unit, new)
        _schedule_pulls(unit, descriptor, connection_id)
        schedule_audit(unit, hub, connector, connection_id)
        schedule_comparison(unit, hub, connector, connection_id)
    return connection_id, account


def _schedule_pulls(unit: Unit, descriptor: Connector, connection_id: str) -> None:
    every = descriptor.poll_every
    for capability, kind in _PULLS.items():
        if capability in descriptor.provides:
            every_s = int(every.total_seconds())
            owe(unit, kind, connection_id, connection_id)
            put_schedule(unit, kind, kind, every_s, connection_id, connection_id, unit.now + every)


def ensure_schedules(hub: Hub) -> None:
    """Give connections of an older version what newer ones are given as they are connected."""
    with hub.store.unit_of_work() as unit:
        for connection in list_connections(unit.connection, Family.STOREFRONT):
            is_left = connection.state == ConnectionState.DISABLED
            if is_left or connection.connector not in hub.registry.connectors:
                continue
            schedule_audit(unit, hub, connection.connector, connection.id)
            schedule_comparison(unit, hub, connection.connector, connection.id)


def rotate(hub: Hub, code: str, changes: Mapping[str, str]) -> Account:
    """Give a connection new secrets, after they were seen to work, and let it run again."""
    connection = hub.connection(code)
    descriptor = hub.registry.connector(connection.connector)
    public = set(changes) - secret_fields(descriptor.config_schema)
    if public:
        raise ConfigError(f"{', '.join(sorted(public))} is no secret; only secrets are rotated")
    with hub.store.reading() as database:
        known = open_secrets(database, hub.store.keyring, connection.id)
    full = check_config(descriptor.config_schema, {**connection.config, **known, **changes})
    shown, secrets = split_secrets(descriptor.config_schema, full)
    opened = hub.registry.open(
        connection.id, connection.connector, shown, secrets, hub.http_for(connection.id),
        hub.store.clock, mail=hub.mail_for(connection.id),
    )  # fmt: skip
    account = opened.connector.check()
    if account.id != connection.account.id:
        raise ConfigError(f"these are the secrets of {account.id}, not of {connection.account.id}")
    with hub.store.unit_of_work() as unit:
        replace_secrets(unit, connection.id, secrets)
        set_account(unit, connection.id, account)
        _resume(unit, connection.id)
    return account


def ask_again(hub: Hub, code: str) -> Account:
    """Ask a vendor who we are, and keep what it says of itself: a shop may have moved.

    Raises `ConfigError` when the same credentials open another account now.
    """
    connection = hub.connection(code)
    account = hub.open(connection).connector.check()
    if account.id != connection.account.id:
        raise ConfigError(
            f"it answers as {account.id}, but is connected as {connection.account.id}"
        )
    with hub.store.unit_of_work() as unit:
        set_account(unit, connection.id, account)
    return account


def pause(hub: Hub, code: str, reason: str) -> bool:
    """Stop calling a vendor: its jobs are held, webhooks are still kept. False when it was so."""
    connection = hub.connection(code)
    with hub.store.unit_of_work() as unit:
        hold_connection_jobs(unit, connection.id, reason)
        return set_state(unit, connection.id, ConnectionState.PAUSED, reason)


def resume(hub: Hub, code: str) -> int:
    """Let a vendor be called again; gives how many held jobs are released over the next minute.

    A connection that was left is connected again, with all that it did by itself.
    """
    connection = hub.connection(code)
    with hub.store.unit_of_work() as unit:
        if connection.state == ConnectionState.DISABLED:
            wake_schedules_of(unit, connection.id)
        return _resume(unit, connection.id)


def _resume(unit: Unit, connection_id: str) -> int:
    set_state(unit, connection_id, ConnectionState.ACTIVE, "")
    _wake_what_waits_for_a_carrier(unit, get_connection(unit.connection, connection_id))
    return resume_connection_jobs(unit, connection_id)


def _wake_what_waits_for_a_carrier(unit: Unit, connection: Connected) -> None:
    if connection.family == Family.CARRIER:
        for shop in list_connections(unit.connection, Family.STOREFRONT):
            owe(unit, "route_waiting", shop.id)


def switch_writes(hub: Hub, code: str, on: bool) -> bool:
    """Let the hub write to a vendor, or stop it; False when it was so already."""
    connection = hub.connection(code)
    with hub.store.unit_of_work() as unit:
        changed = set_writes(unit, connection.id, on)
        if changed and on:
            wake_connection_jobs(unit, connection.id)
        if changed and on:
            _wake_what_waits_for_a_carrier(unit, connection)
        if changed and on and connection.family == Family.STOREFRONT:
            unit.record(EventKind.WRITES_SWITCHED_ON, connection.id, connection.id)
        return changed


def sync_now(hub: Hub, code: str, full: bool = False) -> Connected:
    """Owe a pull of every stream of a connection now; `full` starts from the beginning."""
    connection = hub.connection(code)
    provides = hub.registry.connector(connection.connector).provides
    with hub.store.unit_of_work() as unit:
        for capability, kind in _PULLS.items():
            if capability in provides:
                if full:
                    forget_cursor(unit, connection.id, kind.removeprefix("pull_"))
                owe(unit, kind, connection.id, connection.id)
    return connection


def release_orders(hub: Hub, order_ids: list[str], by: str, only: HoldReason | None = None) -> int:
    """Release the holds of these orders, as a person's decision; gives how many orders moved."""
    released = 0
    orders = tables.sales_order
    for order_id in order_ids:
        with hub.store.unit_of_work() as unit:
            shop = unit.execute(
                select(orders.c.connection_id).where(orders.c.id == order_id)
            ).scalar_one()
            if release_all(unit, order_id, shop, by, only):
                ask_for_labels_again(unit, order_id, by)
                released += 1
    return released


def held_orders(hub: Hub, code: str, reason: str = "imported") -> list[str]:
    """Give the open orders of a connection that are held for a reason, oldest first."""
    orders, hold = tables.sales_order, tables.hold
    with hub.store.reading() as database:
        shop = get_connection(database, code)
        return list(
            database.execute(
                select(orders.c.id)
                .join(hold, hold.c.order_id == orders.c.id)
                .where(orders.c.connection_id == shop.id, hold.c.reason == reason,
                       hold.c.released_at.is_(None))
                .order_by(orders.c.placed_at)
            ).scalars()
        )  # fmt: skip
