"""Routing: what holds for any order and any stock, and the few choices it makes."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.routing import STAGES, UnknownStageError, route
from hub.records.plan import Rejection, RoutingCandidate, RoutingLine, RoutingPlan
from hub.records.policy import Policy

ITEMS = ("tee", "mug", "cap")


def wanted(item: str, quantity: int, line_id: str = "") -> RoutingLine:
    line_id = line_id or f"line-{item}"
    return RoutingLine(order_line_id=line_id, stock_item_id=item, sku=item, quantity=quantity)


def place(code: str, priority: int = 100, state: str = "active", **stock: int) -> RoutingCandidate:
    return RoutingCandidate(
        location_id=f"id-{code}", code=code, state=state, priority=priority, available=stock
    )


def plan_of(lines: Sequence[RoutingLine], places: Sequence[RoutingCandidate]) -> RoutingPlan:
    return route(lines, places, "US", Policy())


def taken(plan: RoutingPlan) -> dict[tuple[str, str], int]:
    units = Counter[tuple[str, str]]()
    for part in plan.allocations:
        units[part.location_id.removeprefix("id-"), part.stock_item_id] += part.quantity
    return dict(units)


def lines_of(drawn: list[tuple[str, int]]) -> list[RoutingLine]:
    return [wanted(item, units, f"line-{n}") for n, (item, units) in enumerate(drawn)]


def places_of(drawn: list[tuple[int, str, dict[str, int]]]) -> list[RoutingCandidate]:
    return [place(f"P{n}", prio, state, **stock) for n, (prio, state, stock) in enumerate(drawn)]


LINES = st.lists(
    st.tuples(st.sampled_from(ITEMS), st.integers(1, 5)), min_size=1, max_size=4
).map(lines_of)  # fmt: skip
STOCK = st.dictionaries(st.sampled_from(ITEMS), st.integers(-2, 6))
STATES = st.sampled_from(["active", "draining", "closed"])
PLACES = st.lists(st.tuples(st.integers(1, 3), STATES, STOCK), max_size=4).map(places_of)


@given(LINES, PLACES)
def test_every_unit_is_placed_once_or_is_short(
    lines: list[RoutingLine], places: list[RoutingCandidate]
) -> None:
    plan = plan_of(lines, places)
    units = Counter[str]()
    for part in (*plan.allocations, *plan.short):
        assert part.quantity > 0
        units[part.order_line_id] += part.quantity
    assert units == {line.order_line_id: line.quantity for line in lines}


@given(LINES, PLACES)
def test_no_place_gives_more_than_it_has_and_no_rejected_place_gives_anything(
    lines: list[RoutingLine], places: list[RoutingCandidate]
) -> None:
    plan = plan_of(lines, places)
    by_code = {one.code: one for one in places}
    for (code, item), units in taken(plan).items():
        assert units <= by_code[code].available[item]
        assert by_code[code].state != "closed"
        assert code not in {rejection.location for rejection in plan.rejected}
    assert all(rejection.reason for rejection in plan.rejected)


@given(LINES, PLACES, st.randoms())
def test_the_order_in_which_places_are_listed_does_not_matter(
    lines: list[RoutingLine], places: list[RoutingCandidate], chance
) -> None:  # type: ignore[no-untyped-def]
    shuffled = places[:]
    chance.shuffle(shuffled)
    one, other = plan_of(lines, places), plan_of(lines, shuffled)
    assert (one.allocations, one.short, one.chosen) == (
        other.allocations, other.short, other.chosen,
    )  # fmt: skip
    assert Counter(map(str, one.rejected)) == Counter(map(str, other.rejected))


@given(LINES, PLACES, st.integers(0, 3), st.sampled_from(ITEMS), st.integers(1, 5))
def test_more_stock_never_leaves_more_short(
    lines: list[RoutingLine], places: list[RoutingCandidate], which: int, item: str, more: int
) -> None:
    if which >= len(places):
        return
    richer = places[which].available | {item: places[which].available.get(item, 0) + more}
    better = places[:]
    better[which] = places[which].model_copy(update={"available": richer})
    before, after = plan_of(lines, places), plan_of(lines, better)
    assert sum(s.quantity for s in after.short) <= sum(s.quantity for s in before.short)


def test_the_lower_priority_number_ships_first_and_then_the_code_decides() -> None:
    line = wanted("tee", 1)
    assert taken(plan_of([line], [place("B", 10, tee=5), place("A", 20, tee=5)])) == {
        ("B", "tee"): 1
    }
    assert taken(plan_of([line], [place("B", 10, tee=5), place("A", 10, tee=5)])) == {
        ("A", "tee"): 1
    }


def test_one_parcel_from_far_is_better_than_two() -> None:
    near, far = place("NEAR", 1, tee=1), place("FAR", 9, tee=1, mug=1)
    plan = plan_of([wanted("tee", 1), wanted("mug", 1)], [near, far])
    assert taken(plan) == {("FAR", "tee"): 1, ("FAR", "mug"): 1}


def test_two_lines_of_one_item_are_added_up_before_a_place_is_called_enough() -> None:
    near, far = place("NEAR", 1, tee=3), place("FAR", 9, tee=4)
    plan = plan_of([wanted("tee", 2, "a"), wanted("tee", 2, "b")], [near, far])
    assert taken(plan) == {("FAR", "tee"): 4}


def test_what_no_place_has_alone_is_split() -> None:
    plan = plan_of([wanted("tee", 3)], [place("A", 1, tee=2), place("B", 2, tee=2)])
    assert taken(plan) == {("A", "tee"): 2, ("B", "tee"): 1}
    assert plan.chosen == ("A: 2 units, priority 1", "B: 1 unit, priority 2")


def test_a_rejection_names_the_place_the_stage_and_the_reason() -> None:
    plan = plan_of([wanted("tee", 1)], [place("OLD", state="closed", tee=9), place("DRY", mug=9)])
    assert plan.rejected == (
        Rejection(location="OLD", stage="location_is_open", reason="the location is closed"),
        Rejection(location="DRY", stage="has_stock", reason="has none of tee"),
    )
    assert [short.quantity for short in plan.short] == [1]


def test_a_stage_nobody_brings_is_refused() -> None:
    policy = Policy(routing_stages=("has_stock", "by_moon"))
    with pytest.raises(UnknownStageError, match="by_moon"):
        route([wanted("tee", 1)], [], "US", policy)


def test_a_plugin_s_stage_takes_its_place_in_the_policy() -> None:
    def only_b(lines, places, country, policy):  # type: ignore[no-untyped-def]
        return [one for one in places if one.code == "B"], []

    policy = Policy(routing_stages=("only_b", "by_priority"))
    places = [place("A", 1, tee=1), place("B", 2, tee=1)]
    plan = route([wanted("tee", 1)], places, "US", policy, {**STAGES, "only_b": only_b})
    assert taken(plan) == {("B", "tee"): 1}
