"""Order rules tried on orders of the past: what each would do; nothing is changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.domain.order_rules import firings
from hub.records.order_rules import OrderRule
from hub.services.orders.rules import variables_of
from hub.store import tables
from hub.store.orders import get_order

_order = tables.sales_order
PAGE = 200


@dataclass(frozen=True)
class WouldDo:
    """What one rule would do to one order; `problem` where it has no answer."""

    order: str
    rule: str
    then: str
    value: str
    phase: str
    problem: str = ""


@dataclass(frozen=True)
class Trial:
    """What came of it."""

    orders: int
    touched: int
    would: tuple[WouldDo, ...]


def try_rules(database: Connection, rules: Sequence[OrderRule], since: datetime) -> Trial:
    """Ask rules about every order placed since, oldest first, as it is known today."""
    would: list[WouldDo] = []
    seen = 0
    for order_id, phase, code in _since(database, since):
        seen += 1
        order = get_order(database, order_id)
        fitting, unanswered = firings(rules, variables_of(database, code, order))
        would += [
            WouldDo(order.number, one.rule.name, one.rule.then.value, one.rule.value, phase)
            for one in fitting
        ]
        would += [
            WouldDo(order.number, one.rule.name, one.rule.then.value, one.rule.value, phase,
                    one.reason)
            for one in unanswered
        ]  # fmt: skip
    return Trial(seen, len({one.order for one in would}), tuple(would))


def _since(database: Connection, since: datetime) -> Iterator[tuple[str, str, str]]:
    """Walk the orders page by page, so that years of them need no more room than a page."""
    shop, after = tables.connection, ""
    while True:
        rows = database.execute(
            select(_order.c.id, _order.c.phase, shop.c.code)
            .join(shop, shop.c.id == _order.c.connection_id)
            .where(_order.c.placed_at >= since, _order.c.id > after)
            .order_by(_order.c.id)
            .limit(PAGE)
        ).all()
        for row in rows:
            yield row.id, row.phase, row.code
        if len(rows) < PAGE:
            return
        after = rows[-1].id
