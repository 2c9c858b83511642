"""Pulling returns that customers asked for at the shop: each is asked for here, once."""

import hashlib
from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import select

from hub.records.returns import ChannelReturn
from hub.sdk.capabilities import Page, PullReturns
from hub.services.context import Hub
from hub.services.intake.ingest import Tally
from hub.services.intake.mapping import Fresh, map_items, unambiguous
from hub.services.returns.request import Wanted, request_in
from hub.services.returns.rows import ReturnRefusedError
from hub.store import tables
from hub.store.connections import Connected
from hub.store.cursors import get_cursor, set_cursor
from hub.store.intake import Problem, keep_aside, resolve_kept
from hub.store.jobs import JobResult, RunningJob
from hub.store.unit_of_work import Unit

RETURNS = "returns"
RETURN_KIND = "return"
_RETURNS: TypeAdapter[list[ChannelReturn]] = TypeAdapter(list[ChannelReturn])


def pull_returns(hub: Hub, job: RunningJob) -> JobResult:
    """Pull the returns of a shop that changed; a page and its cursor are one commit."""
    shop = hub.connection(job.subject)
    reader = hub.open(shop).offering(PullReturns)
    if reader is None:
        return JobResult("no_change")
    with hub.store.reading() as database:
        cursor = get_cursor(database, shop.id, RETURNS)
    tally = Tally()
    for page in reader.pull_returns(cursor.position if cursor else None):
        job.safe_point()
        tally.add(_land(hub, job, shop, reader, page))
    outcome = "partial" if tally.quarantined else "ok" if tally.moved else "no_change"
    return JobResult(outcome, vars(tally))


def _land(hub: Hub, job: RunningJob, shop: Connected, reader: PullReturns, page: Page) -> Tally:
    fresh = [Fresh(raw, hashlib.sha256(raw).digest()) for raw in page.items]
    mapped, problems = map_items(fresh, unambiguous(reader.to_return), _RETURNS)
    tally = Tally(seen=len(page.items))
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        understood = []
        for item, asked in mapped:
            if why := _take(unit, hub, shop, asked, tally):
                problems.append(Problem(item.digest, item.raw, why, asked.external_id))
            else:
                understood.append(asked.external_id)
        keep_aside(unit, shop.id, RETURN_KIND, problems)
        resolve_kept(unit, shop.id, RETURN_KIND, understood)
        set_cursor(unit, shop.id, RETURNS, page.cursor, complete=page.last)
    tally.quarantined = len(problems)
    return tally


def _take(unit: Unit, hub: Hub, shop: Connected, asked: ChannelReturn, tally: Tally) -> str:
    """Ask for one return; gives why it cannot be, so that a person sees it."""
    order, known = tables.sales_order, tables.sales_return
    seen = select(known.c.id).where(
        known.c.connection_id == shop.id, known.c.external_id == asked.external_id
    )
    if unit.execute(seen).first() is not None:
        tally.unchanged += 1
        return ""
    order_id = unit.execute(
        select(order.c.id).where(
            order.c.connection_id == shop.id, order.c.external_id == asked.order_external_id
        )
    ).scalar()
    if order_id is None:
        return "its order is not here"
    try:
        with unit.connection.begin_nested():
            request_in(unit, hub, order_id, _wanted(asked), "customer",
                       external_id=asked.external_id, settled_there=not asked.open)  # fmt: skip
    except ReturnRefusedError as error:
        return str(error)
    tally.created += 1
    return ""


def _wanted(asked: ChannelReturn) -> Sequence[Wanted]:
    return [
        Wanted("", line.quantity, line.reason, line_external_id=line.line_external_id)
        for line in asked.lines
    ]
