"""From bytes to records: one that nobody understands is kept aside, the page goes on."""

import hashlib
from typing import Any

import pytest
from pydantic import TypeAdapter

from hub.records.order import Order
from hub.services.intake.mapping import Fresh, external_id_in, map_items
from hub.store.intake import Problem
from tests.services.scripted_shop import ScriptedShop, raw_order

ORDERS: TypeAdapter[list[Order]] = TypeAdapter(list[Order])
SHOP = ScriptedShop(None)  # type: ignore[arg-type]


def page(*raws: bytes) -> tuple[list[str], list[Problem]]:
    """Map a page; the ids of what was understood, and what was not."""
    items = [Fresh(raw, hashlib.sha256(raw).digest()) for raw in raws]
    mapped, problems = map_items(items, SHOP.to_order, ORDERS)
    assert {item.raw for item, _ in mapped} | {one.raw for one in problems} == set(raws)
    return [order.external_id for _, order in mapped], problems


def test_a_good_page_is_understood_in_its_order() -> None:
    assert page(*[raw_order(str(number)) for number in range(5)]) == (list("01234"), [])


def test_an_empty_page_is_nothing() -> None:
    assert page() == ([], [])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"bad": "mapping"}, "status: not understood: 'weird'"),
        ({"bad": "mistake"}, "the connector failed: KeyError"),
        ({"state": "exploded"}, "the connector failed: ValueError"),
        ({"override": {"currency": "ZZZ"}}, "currency: Value error"),
        ({"override": {"total_minor": 1.5}}, "total_minor: Input should be a valid integer"),
        ({"override": {"number": ""}}, "number: String should have at least 1 character"),
        ({"override": {"note": "a\x00b"}}, "note: String should match pattern"),
        ({"override": {"surprise": 1}}, "surprise: Extra inputs are not permitted"),
    ],
)
def test_one_bad_record_among_good_ones_is_kept_aside_with_its_reason(
    said: dict[str, Any], reason: str
) -> None:
    good = [raw_order(str(number)) for number in range(4)]
    understood, (problem,) = page(*good[:2], raw_order("bad", **said), *good[2:])
    assert understood == list("0123")
    assert problem.reason.startswith(reason)
    assert (problem.external_id, problem.raw) == ("bad", raw_order("bad", **said))
    assert problem.digest == hashlib.sha256(problem.raw).digest()


def test_a_reason_names_the_field_and_never_repeats_what_stood_in_it() -> None:
    email = {"name": "Ada", "email": 7, "phone": "hunter2\x00"}
    _, (problem,) = page(raw_order("1", override={"bill_to": email}))
    assert problem.reason.startswith("bill_to.email: ")
    assert "hunter2" not in problem.reason


@pytest.mark.parametrize("raw", [b"", b"<html>", b'{"id": 7', b"\xff\xfe", b"[" * 100_000])
def test_bytes_that_are_no_record_at_all_are_kept_aside(raw: bytes) -> None:
    understood, (problem,) = page(raw_order("1"), raw)
    assert understood == ["1"]
    assert problem.external_id is None


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"id": 7}', "7"),
        (b'{"id": "gid://7", "x": [1]}', "gid://7"),
        (b'{"id": null}', None),
        (b'{"id": [7]}', None),
        (b'{"number": 7}', None),
        (b"7", None),
        (b"", None),
    ],
)
def test_the_id_of_what_nobody_could_read_is_found_where_it_has_one(
    raw: bytes, found: str | None
) -> None:
    assert external_id_in(raw) == found
