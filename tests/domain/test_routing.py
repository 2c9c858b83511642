"""Routing: what holds for any order and any stock, and the choices it makes."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.routing import BadStageError, Rules, UnknownStageError, route
from hub.domain.routing.costs import BadTermError
from hub.records.plan import Rejection, RoutingCandidate, RoutingLine, RoutingPlan, RoutingRequest
from hub.records.routing_policy import LocationTerms, RoutingPolicy, WhenShort

ITEMS = ("tee", "mug", "cap")
SHIPS = RoutingPolicy(when_short=WhenShort.SHIP)


def wanted(item: str, quantity: int, line_id: str = "") -> RoutingLine:
    line_id = line_id or f"line-{item}"
    return RoutingLine(order_line_id=line_id, stock_item_id=item, sku=item, quantity=quantity)


def place(code: str, priority: int = 100, state: str = "active", **stock: int) -> RoutingCandidate:
    return RoutingCandidate(
        location_id=f"id-{code}", code=code, state=state, priority=priority, available=stock
    )


def plan_of(
    lines: Sequence[RoutingLine], places: Sequence[RoutingCandidate], policy: RoutingPolicy = SHIPS,
    rules: Rules | None = None, **asked: Any,
) -> RoutingPlan:  # fmt: skip
    request = RoutingRequest(lines=tuple(lines), country="US", policy=policy)
    return route(request.model_copy(update=asked), places, rules or Rules())


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
TERMS = st.dictionaries(
    st.sampled_from(["P0", "P1", "P2"]),
    st.builds(LocationTerms, parcel=st.integers(0, 1500), unit=st.sampled_from([0, 0, 7, 300])),
)
POLICIES = st.builds(
    RoutingPolicy, when_short=st.sampled_from(WhenShort), split_lines=st.booleans(),
    parcel=st.sampled_from([0, 1000]), locations=TERMS,
)  # fmt: skip


@given(LINES, PLACES, POLICIES)
def test_every_unit_is_placed_once_or_is_short(
    lines: list[RoutingLine], places: list[RoutingCandidate], policy: RoutingPolicy
) -> None:
    plan = plan_of(lines, places, policy)
    units = Counter[str]()
    for part in (*plan.allocations, *plan.short):
        assert part.quantity > 0
        units[part.order_line_id] += part.quantity
    assert units == {line.order_line_id: line.quantity for line in lines}


@given(LINES, PLACES, POLICIES)
def test_no_place_gives_more_than_it_has_and_no_rejected_place_gives_anything(
    lines: list[RoutingLine], places: list[RoutingCandidate], policy: RoutingPolicy
) -> None:
    plan = plan_of(lines, places, policy)
    by_code = {one.code: one for one in places}
    for (code, item), units in taken(plan).items():
        assert units <= by_code[code].available[item]
        assert by_code[code].state != "closed"
        assert code not in {rejection.location for rejection in plan.rejected}
    assert all(rejection.reason for rejection in plan.rejected)


@given(LINES, PLACES, POLICIES, st.integers())
def test_the_order_in_which_lines_and_places_are_listed_does_not_matter(
    lines: list[RoutingLine], places: list[RoutingCandidate], policy: RoutingPolicy, seed: int
) -> None:
    before = plan_of(lines, places, policy)
    chance = Random(seed)
    chance.shuffle(lines)
    chance.shuffle(places)
    assert plan_of(lines, places, policy) == before


@given(LINES, PLACES, POLICIES, st.integers(0, 3), st.sampled_from(ITEMS), st.integers(1, 5))
def test_more_stock_never_makes_a_plan_worse(
    lines: list[RoutingLine], places: list[RoutingCandidate], policy: RoutingPolicy,
    which: int, item: str, more: int,
) -> None:  # fmt: skip
    if which >= len(places):
        return
    richer = places[which].available | {item: max(0, places[which].available.get(item, 0)) + more}
    better = places[:]
    better[which] = places[which].model_copy(update={"available": richer})
    before, after = plan_of(lines, places, policy), plan_of(lines, better, policy)
    short_before, short_after = (sum(s.quantity for s in one.short) for one in (before, after))
    assert short_after <= short_before
    if short_after == short_before:
        assert after.cost <= before.cost


@given(LINES, PLACES, POLICIES)
def test_the_cost_of_a_plan_is_what_its_parcels_and_units_cost(
    lines: list[RoutingLine], places: list[RoutingCandidate], policy: RoutingPolicy
) -> None:
    plan = plan_of(lines, places, policy)
    costs = {f"id-{cost.location}": cost for cost in plan.costs}
    parcels = {part.location_id for part in plan.allocations}
    units = sum(costs[part.location_id].unit * part.quantity for part in plan.allocations)
    assert plan.cost == sum(costs[one].parcel for one in parcels) + units
    assert plan.proof is not None
    assert plan.proof.complete


@given(LINES, PLACES)
def test_an_order_that_ships_together_leaves_whole_or_not_at_all(
    lines: list[RoutingLine], places: list[RoutingCandidate]
) -> None:
    partly, together = plan_of(lines, places), plan_of(lines, places, RoutingPolicy())
    if partly.short:
        assert together.allocations == ()
        assert sum(one.quantity for one in together.short) == sum(one.quantity for one in lines)
        assert together.missing == partly.missing != ()
    else:
        assert together.allocations == partly.allocations


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


def test_two_near_parcels_are_better_than_a_dearer_one_from_far() -> None:
    near, also = place("NEAR", 1, tee=1), place("ALSO", 2, mug=1)
    far = place("FAR", 3, tee=1, mug=1)
    policy = RoutingPolicy(locations={"FAR": LocationTerms(to={"US": 1001})})
    plan = plan_of([wanted("tee", 1), wanted("mug", 1)], [near, also, far], policy)
    assert taken(plan) == {("NEAR", "tee"): 1, ("ALSO", "mug"): 1}
    assert plan.cost == 2000
    assert {cost.location: cost.terms for cost in plan.costs} == {
        "NEAR": {"parcel": 1000}, "ALSO": {"parcel": 1000}, "FAR": {"parcel": 1000, "lane": 1001},
    }  # fmt: skip


def test_two_lines_of_one_item_are_added_up_before_a_place_is_called_enough() -> None:
    near, far = place("NEAR", 1, tee=3), place("FAR", 9, tee=4)
    plan = plan_of([wanted("tee", 2, "a"), wanted("tee", 2, "b")], [near, far])
    assert taken(plan) == {("FAR", "tee"): 4}


def test_what_no_place_has_alone_is_split() -> None:
    plan = plan_of([wanted("tee", 3)], [place("A", 1, tee=2), place("B", 2, tee=2)])
    assert taken(plan) == {("A", "tee"): 2, ("B", "tee"): 1}
    assert plan.chosen == (
        "A: 2 units, 1000 points, priority 1", "B: 1 unit, 1000 points, priority 2",
    )  # fmt: skip


def test_an_item_is_not_split_where_one_of_the_parcels_can_hold_it_all() -> None:
    places = [place("A", 1, tee=1, mug=1), place("B", 2, tee=3)]
    plan = plan_of([wanted("tee", 3), wanted("mug", 1)], places)
    assert taken(plan) == {("A", "mug"): 1, ("B", "tee"): 3}


def test_what_may_not_be_split_comes_from_one_place_or_waits() -> None:
    policy = SHIPS.model_copy(update={"split_lines": False})
    lines = [wanted("tee", 3), wanted("mug", 1)]
    places = [place("A", 1, tee=2, mug=1), place("B", 2, tee=2)]
    assert taken(plan_of(lines, places, policy)) == {("A", "mug"): 1}
    assert plan_of(lines, places, policy).missing == ("tee: 3 wanted, 0 can ship",)
    places.append(place("C", 3, tee=3))
    assert taken(plan_of(lines, places, policy)) == {("A", "mug"): 1, ("C", "tee"): 3}


def reason_of(candidate: RoutingCandidate, policy: RoutingPolicy = SHIPS, **asked: Any) -> str:
    (no,) = plan_of([wanted("tee", 1)], [candidate], policy, **asked).rejected
    return f"{no.location}, {no.stage}: {no.reason}"


FULL = RoutingPolicy(locations={"P": LocationTerms(parcels_per_day=3)})
ELSEWHERE = RoutingPolicy(locations={"P": LocationTerms(countries=("DE", "FR"))})
PUNCTUAL = RoutingPolicy(
    stages=("before_cut_off",), locations={"P": LocationTerms(cut_off="15:30")}
)


@pytest.mark.parametrize(
    ("facts", "policy", "asked", "reason"),
    [
        ({"state": "closed"}, SHIPS, {}, "location_is_open: the location is closed"),
        ({"kind": "returns"}, SHIPS, {}, "location_ships: a returns location ships nothing"),
        ({"kind": "virtual"}, SHIPS, {}, "location_ships: a virtual location ships nothing"),
        ({"available": {"mug": 9}}, SHIPS, {}, "has_stock: has none of tee"),
        ({"available": {"tee": -1}}, SHIPS, {}, "has_stock: has none of tee"),
        ({}, SHIPS, {"location": "Q"}, "as_the_order_wishes: the order is to ship from Q"),
        ({}, ELSEWHERE, {}, "serves_country: does not serve US"),
        ({}, ELSEWHERE, {"country": ""}, "serves_country: does not serve an unknown country"),
        ({"parcels_today": 3}, FULL, {}, "has_capacity: has its 3 parcels of the day"),
        ({"late": True}, PUNCTUAL, {}, "before_cut_off: the day's last collection left at 15:30"),
    ],
)
def test_a_rejection_names_the_place_the_stage_and_the_reason(
    facts: dict[str, Any], policy: RoutingPolicy, asked: dict[str, Any], reason: str
) -> None:
    assert reason_of(place("P", tee=9).model_copy(update=facts), policy, **asked) == f"P, {reason}"


@pytest.mark.parametrize(
    ("facts", "policy", "asked"),
    [
        ({"state": "draining"}, SHIPS, {}),
        ({"kind": "dropship"}, SHIPS, {}),
        ({}, SHIPS, {"location": "P"}),
        ({}, ELSEWHERE, {"country": "DE"}),
        ({"parcels_today": 2}, FULL, {}),
        ({"parcels_today": 3}, FULL.model_copy(update={"stages": ()}), {}),
        ({"late": True}, SHIPS, {}),
    ],
)
def test_a_place_that_may_ship_does(
    facts: dict[str, Any], policy: RoutingPolicy, asked: dict[str, Any]
) -> None:
    here = place("P", tee=9).model_copy(update=facts)
    plan = plan_of([wanted("tee", 1)], [here], policy, **asked)
    assert taken(plan) == {("P", "tee"): 1}


@pytest.mark.parametrize("facts", [{"late": True}, {"country": "CA"}])
def test_a_parcel_that_is_late_or_crosses_a_border_costs_more_and_still_ships(
    facts: dict[str, Any],
) -> None:
    first, second = place("A", 1, tee=1).model_copy(update=facts), place("B", 2, tee=1)
    assert taken(plan_of([wanted("tee", 1)], [first, second])) == {("B", "tee"): 1}
    assert taken(plan_of([wanted("tee", 1)], [first])) == {("A", "tee"): 1}


def test_every_rejected_place_is_named_once() -> None:
    plan = plan_of([wanted("tee", 1)], [place("OLD", state="closed", tee=9), place("DRY", mug=9)])
    assert plan.rejected == (
        Rejection(location="OLD", stage="location_is_open", reason="the location is closed"),
        Rejection(location="DRY", stage="has_stock", reason="has none of tee"),
    )
    assert [short.quantity for short in plan.short] == [1]


# --- what plugins bring ------------------------------------------------------------------------


def test_a_stage_nobody_brings_is_refused() -> None:
    with pytest.raises(UnknownStageError, match="by_moon"):
        plan_of([wanted("tee", 1)], [], RoutingPolicy(stages=("by_moon",)))


def test_a_plugin_s_stage_takes_its_place_in_the_policy() -> None:
    rules = Rules({"only_b": lambda request, places: ([p for p in places if p.code == "B"], [])})
    places = [place("A", 1, tee=1), place("B", 2, tee=1)]
    listed = RoutingPolicy(stages=("only_b", "by_priority"))
    assert taken(plan_of([wanted("tee", 1)], places, listed, rules)) == {("B", "tee"): 1}
    assert taken(plan_of([wanted("tee", 1)], places, SHIPS, rules)) == {("A", "tee"): 1}


def test_a_plugin_s_cost_counts_where_the_policy_lists_it() -> None:
    rules = Rules(terms={"fragile": lambda request, place: 300 if place.code == "A" else 0})
    places = [place("A", 1, tee=1), place("B", 2, tee=1)]
    plan = plan_of([wanted("tee", 1)], places, RoutingPolicy(stages=("fragile",)), rules)
    assert taken(plan) == {("B", "tee"): 1}
    assert plan.costs[0].terms == {"parcel": 1000, "fragile": 300}
    assert taken(plan_of([wanted("tee", 1)], places, SHIPS, rules)) == {("A", "tee"): 1}


def test_a_stage_that_invents_a_place_is_refused() -> None:
    rules = Rules({"magic": lambda request, places: ([place("OZ", tee=9)], [])})
    with pytest.raises(BadStageError, match="magic"):
        plan_of([wanted("tee", 1)], [place("A", tee=1)], RoutingPolicy(stages=("magic",)), rules)


def test_a_cost_below_nothing_is_refused() -> None:
    rules = Rules(terms={"gift": lambda request, place: -1})
    with pytest.raises(BadTermError, match="gift"):
        plan_of([wanted("tee", 1)], [place("A", tee=1)], RoutingPolicy(stages=("gift",)), rules)
