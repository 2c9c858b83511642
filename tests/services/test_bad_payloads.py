"""Whatever a connector makes of a record, the good ones land and the bad ones are kept aside."""

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hub.services.context import Hub
from hub.services.intake.ingest import land_order_page
from hub.store import tables
from hub.store.connections import Connected
from hub.store.unit_of_work import Unit
from tests.services.scripted_shop import ScriptedShop, raw_order
from tests.store.shop_rows import all_rows


def nested(depth: int) -> Any:
    inner: Any = {}
    for _ in range(depth):
        inner = {"a": inner}
    return inner


class Hostile:
    """Every way to look at it fails."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("do not look")


GARBAGE: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda good: None,
    "a number": lambda good: 7,
    "a text": lambda good: "order",
    "bytes": lambda good: b"\xff",
    "a list": lambda good: [good],
    "an empty record": lambda good: {},
    "a class": lambda good: type,
    "a generator": lambda good: itertools.count(),
    "something hostile": lambda good: Hostile(),
    "keys that are no text": lambda good: {**good, 7: 8},
    "an unknown field": lambda good: {**good, "colour": "blue"},
    "a missing field": lambda good: {k: v for k, v in good.items() if k != "currency"},
    "no id": lambda good: {**good, "external_id": None},
    "an id that is a number": lambda good: {**good, "external_id": 7},
    "a number of another type": lambda good: {**good, "total_minor": "many"},
    "not a number": lambda good: {**good, "total_minor": float("nan")},
    "infinity": lambda good: {**good, "total_minor": float("inf")},
    "five thousand digits": lambda good: {**good, "total_minor": 10**5000},
    "beyond 64 bits": lambda good: {**good, "total_minor": 2**63},
    "a fraction": lambda good: {**good, "total_minor": Decimal("1.5")},
    "an instant without a zone": lambda good: {
        **good, "placed_at": good["placed_at"].replace(tzinfo=None)
    },
    "an instant that is text": lambda good: {**good, "placed_at": "yesterday"},
    "a currency nobody has": lambda good: {**good, "currency": "ZZZ"},
    "lines that never end": lambda good: {**good, "lines": itertools.repeat(good["lines"][0])},
    "lines that are text": lambda good: {**good, "lines": "two mugs"},
    "five thousand deep": lambda good: {**good, "extra": nested(5000)},
    "NUL in the number": lambda good: {**good, "number": "1\x00"},
    "NUL in the id": lambda good: {**good, "external_id": "1\x00"},
    "a lone surrogate": lambda good: {**good, "channel_status": "\ud800"},
    "a surrogate in the id": lambda good: {**good, "external_id": "\udfff"},
}  # fmt: skip


def nothing(_unit: Unit) -> None:
    """Move no cursor."""


@pytest.mark.parametrize("garble", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_kept_aside_and_the_good_one_lands(
    hub: Hub, shop: Connected, vendor: ScriptedShop, garble: Callable[[Any], Any]
) -> None:
    def translate(raw: bytes) -> Any:
        good = vendor.to_order(raw)
        return garble(dict(good)) if good["external_id"] == "bad" else good

    raws = [raw_order("first"), raw_order("bad"), raw_order("last")]
    tally = land_order_page(hub, shop, raws, translate, nothing)
    landed = {row.external_id for row in all_rows(hub.store, tables.sales_order)}
    assert landed == {"first", "last"}
    assert (tally.created, tally.quarantined) == (2, 1)
    (aside,) = all_rows(hub.store, tables.quarantine)
    assert aside.state == "open" and aside.reason


@pytest.mark.parametrize("error", [RecursionError(), MemoryError(), UnicodeError("x"), OSError()])
def test_a_mistake_while_translating_keeps_one_record_aside(
    hub: Hub, shop: Connected, vendor: ScriptedShop, error: Exception
) -> None:
    def translate(raw: bytes) -> Any:
        good = vendor.to_order(raw)
        if good["external_id"] == "bad":
            raise error
        return good

    tally = land_order_page(hub, shop, [raw_order("bad"), raw_order("1")], translate, nothing)
    assert (tally.created, tally.quarantined) == (1, 1)
