"""The books of stock, audited: what every projection must agree with, at any moment."""

from collections import Counter
from typing import Any

from hub.records.stock import Bucket
from hub.store import tables
from hub.store.ledger import account
from hub.store.unit_of_work import Store
from tests.store.shop_rows import all_rows


def balance(store: Store, item: str) -> Counter[str]:
    """Give what each ledger account of an item holds; all accounts together hold nothing."""
    held = Counter[str]()
    for move in all_rows(store, tables.stock_movement, stock_item_id=item):
        held[move.from_account] -= move.quantity
        held[move.to_account] += move.quantity
    assert sum(held.values()) == 0
    return held


def audit(store: Store, item: str) -> None:
    """Fail unless levels, promise and line counters of an item follow from its ledgers."""
    (promise,) = all_rows(store, tables.stock_promise, stock_item_id=item)
    active = all_rows(store, tables.reservation, stock_item_id=item, state="active")
    parts = all_rows(store, tables.allocation, stock_item_id=item)
    lines = all_rows(store, tables.order_line, stock_item_id=item)
    assert promise.reserved == sum(row.quantity for row in active)
    assert promise.allocated == sum(map(_held, parts))
    assert promise.reserved == sum(line.reserved for line in lines)
    assert promise.allocated == sum(line.allocated for line in lines)
    assert all(line.shipped + line.allocated + line.reserved <= line.quantity for line in lines)
    if promise.tracked:
        _audit_levels(store, item, promise, parts)


def _held(part: Any) -> int:
    return int(part.allocated - part.released - part.shipped)


def _audit_levels(store: Store, item: str, promise: Any, parts: list[Any]) -> None:
    held = balance(store, item)
    levels = all_rows(store, tables.stock_level, stock_item_id=item)
    for level in levels:
        here = [part for part in parts if part.location_id == level.location_id]
        kept = {
            account(level.location_id, Bucket(row.bucket)): row.units
            for row in all_rows(store, tables.stock_bucket, stock_item_id=item)
            if row.location_id == level.location_id
        }
        assert kept == {name: held[name] for name in kept}
        assert level.unsellable == sum(kept.values())
        assert level.on_hand == held[account(level.location_id)] + level.unsellable
        assert level.allocated == sum(map(_held, here))
    assert promise.sellable == sum(level.on_hand - level.unsellable for level in levels)
    assert held["customer"] == sum(
        line.shipped for line in all_rows(store, tables.order_line, stock_item_id=item)
    )
