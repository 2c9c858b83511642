"""Where an order is that nobody finds: kept aside, on its way in, or at a shop not heard."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from hub.records.connection import ConnectionState, Family
from hub.reports.why import Obstacle
from hub.store import tables
from hub.store.connections import Connected, list_connections
from hub.store.cursors import ORDERS, get_cursor
from hub.store.jobs import JobState

LATE = timedelta(minutes=30)
"""A shop not read for longer than this may well have an order the hub has not seen."""
_JOBS = ("pull_orders", "ingest_delivery", "open_books")


def missing(database: Connection, number: str, now: datetime) -> list[Obstacle]:
    """Say where an order with this number may be, the surest trace first; never empty."""
    shops = _shops_meant(database, number)
    names = {number, *(number.removeprefix(f"{shop.code}-") for shop in shops)}
    traces = [
        *_kept_aside(database, shops, names),
        *_in_the_inbox(database, shops, names),
        *_gone(database, shops, names),
    ]
    late = [found for shop in shops for found in _not_heard(database, shop, now)]
    if not shops:
        late.append(Obstacle("no shop is connected", "hub connect CONNECTOR --code CODE"))
    if not traces and not late:
        codes = ", ".join(shop.code for shop in shops)
        late.append(Obstacle(
            f"{codes} was read to its end and has not shown it; the number may be another",
            f"hub orders list --search {number}",
        ))  # fmt: skip
    return [*traces, *late]


def _shops_meant(database: Connection, number: str) -> list[Connected]:
    """Give the shops whose code the number begins with, else every shop."""
    shops = list_connections(database, Family.STOREFRONT)
    named = [shop for shop in shops if number.startswith(f"{shop.code}-")]
    return named or shops


def _kept_aside(
    database: Connection, shops: list[Connected], names: set[str]
) -> Iterator[Obstacle]:
    kept, code = tables.quarantine, {shop.id: shop.code for shop in shops}
    rows = database.execute(
        select(kept).where(
            kept.c.connection_id.in_(code), kept.c.kind == "order", kept.c.state == "open"
        )
    ).all()
    for row in rows:
        shown = f"hub quarantine show {row.id}"
        if row.external_id in names:
            yield Obstacle(f"{code[row.connection_id]} sent it and nobody understood it: "
                           f"{row.reason}", shown)  # fmt: skip
        elif row.external_id is None:
            yield Obstacle(f"{code[row.connection_id]} sent an order without a readable id: "
                           f"{row.reason}", shown)  # fmt: skip


def _in_the_inbox(
    database: Connection, shops: list[Connected], names: set[str]
) -> Iterator[Obstacle]:
    box, code = tables.inbox, {shop.id: shop.code for shop in shops}
    rows = database.execute(
        select(box)
        .where(box.c.connection_id.in_(code), box.c.external_id.in_(names))
        .order_by(box.c.id.desc())
        .limit(3)
    ).all()
    for row in rows:
        told = f": {row.reason}" if row.reason else ""
        yield Obstacle(
            f"{code[row.connection_id]} rang for it ({row.topic}), the delivery is "
            f"{row.state}{told}", "hub jobs list --kind ingest_delivery",
        )  # fmt: skip


def _gone(database: Connection, shops: list[Connected], names: set[str]) -> Iterator[Obstacle]:
    link, code = tables.link, {shop.id: shop.code for shop in shops}
    rows = database.execute(
        select(link).where(
            link.c.connection_id.in_(code), link.c.kind == "order", link.c.external_id.in_(names)
        )
    ).all()
    for row in rows:
        if row.deleted_at is not None:
            yield Obstacle(f"{code[row.connection_id]} deleted it on {row.deleted_at:%Y-%m-%d}")
        else:
            yield Obstacle(f"{code[row.connection_id]} shows it under another number",
                           f"hub orders show {row.hub_id}")  # fmt: skip


def _not_heard(database: Connection, shop: Connected, now: datetime) -> Iterator[Obstacle]:
    """Say why a shop may have orders that the hub has not seen."""
    code, cursor = shop.code, get_cursor(database, shop.id, ORDERS)
    if shop.state == ConnectionState.NEEDS_AUTH:
        yield Obstacle(f"{code} refuses the hub's credentials", f"hub connections rotate {code}")
    elif shop.state != ConnectionState.ACTIVE:
        yield Obstacle(f"{code} is {shop.state}: {shop.reason}", f"hub connections resume {code}")
    if cursor is None or cursor.complete_at is None:
        yield Obstacle(f"{code} was never read to its end", f"hub sync {code}")
    elif now - cursor.complete_at > LATE:
        yield Obstacle(f"{code} was last read to its end at {cursor.complete_at:%Y-%m-%d %H:%M}Z",
                       f"hub sync {code}")  # fmt: skip
    plan = tables.schedule
    paused = database.execute(
        select(plan.c.name).where(
            plan.c.connection_id == shop.id, plan.c.job_kind == "pull_orders",
            plan.c.enabled.is_(False),
        )
    ).scalars()  # fmt: skip
    for name in paused:
        yield Obstacle(f"{code} is not read by itself: {name} is paused",
                       f"hub schedule resume {name} --connection {code}")  # fmt: skip
    job = tables.job
    dead = database.execute(
        select(job.c.id, job.c.kind, job.c.last_error_text).where(
            job.c.connection_id == shop.id, job.c.kind.in_(_JOBS),
            job.c.state == JobState.DEAD,
        )
    ).all()  # fmt: skip
    for row in dead:
        yield Obstacle(f"{code}: {row.kind} is dead: {row.last_error_text}",
                       f"hub jobs replay {row.id}")  # fmt: skip
