"""Reads and sets the quantities a shop shows."""

import math
from collections.abc import Sequence

import msgspec

from hub.sdk import ObservedStock, StockAnswer, StockTarget
from hub_woocommerce import wire
from hub_woocommerce.batches import Outcome, change_each, read_each
from hub_woocommerce.client import Shop

NOT_COUNTED = "the shop does not count this product: switch “Track stock quantity” on for it"
COUNTED_ON_PARENT = (
    "the shop counts this variation on its product: the pool is the stock of product "
)

_FIELDS = "id,manage_stock,stock_quantity"


class _Stock(msgspec.Struct):
    id: int
    manage_stock: bool | str | None = None
    stock_quantity: int | float | None = None


_stock = wire.decoder(_Stock)


def read_stock(shop: Shop, listings: Sequence[StockTarget]) -> tuple[ObservedStock, ...]:
    """Read the quantities of these listings; those that are gone are left out."""
    found = read_each(shop, listings, _FIELDS)
    return tuple(_observed(wire.decode(_stock, raw)[0], parent) for raw, parent in found)


def push_stock(shop: Shop, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
    """Set all these quantities and answer for each target, in their order."""
    changes = [(one, {"stock_quantity": one.quantity}) for one in targets]
    outcomes = change_each(shop, changes, _FIELDS)
    return tuple(_answer(*each) for each in zip(targets, outcomes, strict=True))


def _observed(item: _Stock, parent: str | None) -> ObservedStock:
    counted = item.manage_stock is True or item.manage_stock == "parent"
    return ObservedStock(
        external_id=str(item.id),
        parent_external_id=parent,
        quantity=_whole(item) if counted else None,
    )


def _answer(target: StockTarget, outcome: Outcome) -> StockAnswer:
    """The shop answers 200 with the old or no number where it ignored the new one."""
    if outcome.raw is None:
        return StockAnswer(target.external_id, problem=outcome.problem)
    item, _ = wire.decode(_stock, outcome.raw)
    if item.manage_stock == "parent":
        pool = f"{COUNTED_ON_PARENT}{target.parent_external_id}"
        return StockAnswer(target.external_id, problem=pool)
    if item.manage_stock is not True or item.stock_quantity is None:
        return StockAnswer(target.external_id, problem=NOT_COUNTED)
    return StockAnswer(target.external_id, _whole(item))


def _whole(item: _Stock) -> int | None:
    return None if item.stock_quantity is None else math.floor(item.stock_quantity)
