"""Reads and sets the quantities a shop shows, a hundred at a time."""

import math
from collections.abc import Iterator, Sequence

import msgspec

from hub.sdk import ObservedStock, RejectedError, StockAnswer, StockTarget
from hub_woocommerce import wire
from hub_woocommerce.client import Shop
from hub_woocommerce.walk import PER_PAGE

NOT_COUNTED = "the shop does not count this product: switch “Track stock quantity” on for it"
COUNTED_ON_PARENT = (
    "the shop counts this variation on its product: map the product's own stock instead"
)
NO_ANSWER = "the shop did not say what became of this product"
NO_ID = "this is no product id of WooCommerce"


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Stock(msgspec.Struct):
    id: int
    manage_stock: bool | str | None = None
    stock_quantity: int | float | None = None
    error: _Error | None = None


class _Batch(msgspec.Struct):
    update: list[_Stock] = []


_stock = wire.decoder(_Stock)
_batch = wire.decoder(_Batch)


def read_stock(shop: Shop, listings: Sequence[StockTarget]) -> tuple[ObservedStock, ...]:
    """Read the quantities of these listings; those that are gone are left out."""
    observed: list[ObservedStock] = []
    for path, parent, some in _chunks(listings):
        try:
            items = shop.all(path, {"include": _ids(some), "_fields": _FIELDS})
            found = [wire.decode(_stock, raw)[0] for raw in items]
        except RejectedError as error:
            if error.code != "not_found":
                raise
            continue  # the whole product is gone
        observed += [_observed(item, parent) for item in found]
    return tuple(observed)


def push_stock(shop: Shop, targets: Sequence[StockTarget]) -> tuple[StockAnswer, ...]:
    """Set all these quantities and answer for each target, in their order."""
    answers = {
        one.external_id: StockAnswer(one.external_id, problem=NO_ID)
        for one in targets
        if not _has_id(one)
    }
    for path, _, some in _chunks(targets):
        updates = [{"id": int(one.external_id), "stock_quantity": one.quantity} for one in some]
        try:
            reply, _ = wire.decode(_batch, shop.set_many(path, updates).body)
        except RejectedError as error:
            answers |= {
                one.external_id: StockAnswer(one.external_id, problem=error.reason) for one in some
            }
            continue
        answers |= {str(item.id): _answer(item) for item in reply.update}
    return tuple(
        answers.get(one.external_id, StockAnswer(one.external_id, problem=NO_ANSWER))
        for one in targets
    )


_FIELDS = "id,manage_stock,stock_quantity"


def _chunks(
    targets: Sequence[StockTarget],
) -> Iterator[tuple[str, str | None, list[StockTarget]]]:
    """Group by what one request can reach: variations only through their own product."""
    groups: dict[str | None, list[StockTarget]] = {}
    for target in filter(_has_id, targets):
        groups.setdefault(target.parent_external_id, []).append(target)
    for parent, group in groups.items():
        path = f"products/{parent}/variations" if parent else "products"
        for start in range(0, len(group), PER_PAGE):
            yield path, parent, group[start : start + PER_PAGE]


def _has_id(target: StockTarget) -> bool:
    return target.external_id.isascii() and target.external_id.isdecimal()


def _ids(listings: Sequence[StockTarget]) -> str:
    return ",".join(sorted({one.external_id for one in listings}, key=int))


def _observed(item: _Stock, parent: str | None) -> ObservedStock:
    counted = item.manage_stock is True or item.manage_stock == "parent"
    return ObservedStock(
        external_id=str(item.id),
        parent_external_id=parent,
        quantity=_whole(item) if counted else None,
    )


def _answer(item: _Stock) -> StockAnswer:
    """The shop answers 200 with the old or no number where it ignored the new one."""
    problem = None
    if item.error is not None:
        problem = f"{item.error.message} ({item.error.code})"
    elif item.manage_stock == "parent":
        problem = COUNTED_ON_PARENT
    elif item.manage_stock is not True or item.stock_quantity is None:
        problem = NOT_COUNTED
    stored = None if problem else _whole(item)
    return StockAnswer(str(item.id), stored, problem)


def _whole(item: _Stock) -> int | None:
    return None if item.stock_quantity is None else math.floor(item.stock_quantity)
