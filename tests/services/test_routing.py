"""Routing in a living hub: splits, wishes, limits; what waits goes on, and decisions are kept."""

from typing import Any

import pytest
from sqlalchemy import update

from hub.domain.routing import Rules, route
from hub.records.plan import RoutingCandidate, RoutingLine, RoutingRequest
from hub.records.routing_policy import RoutingPolicy
from hub.registry import load_plugins
from hub.reports.replay import Verdict
from hub.reports.routing import last_plans, replay, trial
from hub.services.orders.routing_facts import rules_brought
from hub.services.rulebooks import put_in_force
from hub.services.stock.locations import add_location
from hub.services.stock.stockroom import adjust_stock
from hub.services.vendors.connect import pause, resume
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, one_row
from tests.store.stock_books import audit


@pytest.fixture
def merchant(store: Store, clock: SettableClock) -> Merchant:
    """Five tees at MAIN; four mugs at EAST and one at MAIN."""
    merchant = Merchant(store, clock)
    add_location(merchant.hub, "EAST", "East", "GB", priority=200)
    adjust_stock(merchant.hub, "p2", -4, "moved", "out", "MAIN")
    adjust_stock(merchant.hub, "p2", 4, "moved", "in", "EAST")
    merchant.run()
    return merchant


def placed(merchant: Merchant, number: str = "7") -> list[tuple[str, int]]:
    """Give (location code, units) of every parcel of an order, the first first."""
    codes = {row.id: row.code for row in all_rows(merchant.store, tables.location)}
    parcels = all_rows(merchant.store, tables.shipment, order_id=merchant.order(number).id)
    return [
        (codes[parcel.location_id],
         sum(part.quantity for part in all_rows(merchant.store, tables.shipment_line,
                                                shipment_id=parcel.id)))
        for parcel in sorted(parcels, key=lambda one: one.id) if parcel.state != "voided"
    ]  # fmt: skip


def wish(merchant: Merchant, number: str, **wishes: str) -> None:
    """Say of an order what an order rule would say."""
    orders = tables.sales_order
    with merchant.store.unit_of_work() as unit:
        unit.execute(update(orders).where(orders.c.external_id == number).values(**wishes))


def audited(merchant: Merchant) -> None:
    for row in all_rows(merchant.store, tables.stock_promise):
        audit(merchant.store, row.stock_item_id)


def replayed(merchant: Merchant) -> Any:
    with merchant.store.reading() as database:
        return replay(last_plans(database), Rules())


def test_an_order_that_no_place_has_whole_leaves_from_two(merchant: Merchant) -> None:
    merchant.says(lines={"1": 1, "2": 3})
    assert placed(merchant) == [("MAIN", 1), ("EAST", 3)]
    assert merchant.labels() == ["L1", "L2"]
    (decided,) = merchant.decisions("routing")
    assert decided["plan"]["cost"] == 2000 and decided["plan"]["proof"]["complete"] is True
    assert replayed(merchant).counts == {Verdict.SAME: 1}
    audited(merchant)


def test_an_order_ships_together_or_waits_until_it_can(merchant: Merchant) -> None:
    adjust_stock(merchant.hub, "p2", -4, "closing", "away", "EAST")
    adjust_stock(merchant.hub, "p2", 4, "closing", "there", "MAIN")
    add_location(merchant.hub, "MAIN", "Main", "GB", kind="virtual")
    merchant.says(lines={"1": 1, "2": 3})
    assert placed(merchant) == []
    assert merchant.holds() == {
        "stock": "no open location has it all: TEE: 1 wanted, 0 can ship; TEE: 3 wanted, 0 can ship"
    }
    add_location(merchant.hub, "MAIN", "Main", "GB")
    merchant.run()
    assert placed(merchant) == [("MAIN", 4)]
    assert merchant.holds() == {}
    assert replayed(merchant).counts == {Verdict.SAME: 2}
    audited(merchant)


def test_what_is_there_ships_first_where_the_policy_says_so(merchant: Merchant) -> None:
    put_in_force(merchant.store, "routing_policy", {"when_short": "ship"}, "ada")
    merchant.says(lines={"1": 7, "2": 1})
    assert placed(merchant) == [("MAIN", 1)]
    assert merchant.lines()["1"].reserved == 0
    adjust_stock(merchant.hub, "p1", 3, "found", "more", "EAST")
    merchant.run()
    assert placed(merchant) == [("MAIN", 1), ("MAIN", 5), ("EAST", 2)]
    audited(merchant)


def test_reserved_units_without_a_place_follow_when_one_may_ship_them(merchant: Merchant) -> None:
    put_in_force(merchant.store, "routing_policy", {"when_short": "ship"}, "ada")
    add_location(merchant.hub, "EAST", "East", "GB", kind="returns")
    merchant.says(lines={"1": 2, "2": 3})
    assert placed(merchant) == [("MAIN", 3)]
    assert (merchant.lines()["2"].allocated, merchant.lines()["2"].reserved) == (1, 2)
    assert merchant.holds() == {} and merchant.labels() == ["L1"]
    assert one_row(merchant.store, tables.reservation, state="active").quantity == 2
    audited(merchant)
    before = len(merchant.decisions("routing"))
    for command in ("one", "two"):
        adjust_stock(merchant.hub, "p1", 1, "found", command, "MAIN")
        merchant.run()
    assert len(merchant.decisions("routing")) == before + 1  # the same answer is kept once
    add_location(merchant.hub, "EAST", "East", "GB")
    merchant.run()
    assert placed(merchant) == [("MAIN", 3), ("EAST", 2)]
    assert all_rows(merchant.store, tables.reservation, state="active") == []
    audited(merchant)


def test_an_order_ships_from_where_it_is_wished_by_the_service_it_is_wished(
    merchant: Merchant,
) -> None:
    adjust_stock(merchant.hub, "p1", 5, "found", "more", "EAST")
    pause(merchant.hub, "CAR", "a break")
    merchant.says(lines={"1": 1, "2": 1})
    wish(merchant, "7", wanted_location="EAST", wanted_service="express")
    resume(merchant.hub, "CAR")
    merchant.later(minutes=2)
    assert placed(merchant) == [("EAST", 2)]
    assert merchant.carrier.services == ["express"]
    decided = merchant.decisions("routing")[-1]
    assert decided["request"]["location"] == "EAST"
    assert [no["stage"] for no in decided["plan"]["rejected"]] == ["as_the_order_wishes"]


def test_a_location_that_has_its_parcels_of_the_day_takes_more_tomorrow(
    merchant: Merchant,
) -> None:
    limits = {"locations": {"MAIN": {"parcels_per_day": 1}}}
    put_in_force(merchant.store, "routing_policy", limits, "ada")
    merchant.says("7", lines={"1": 1})
    merchant.says("8", lines={"1": 1})
    assert (placed(merchant, "7"), placed(merchant, "8")) == ([("MAIN", 1)], [])
    assert merchant.holds("8").keys() == {"stock"}
    merchant.later(hours=24)
    assert placed(merchant, "8") == [("MAIN", 1)]
    audited(merchant)


def test_another_policy_lets_what_waits_go_on(merchant: Merchant) -> None:
    abroad = {"locations": {"MAIN": {"countries": ["DE"]}}}
    put_in_force(merchant.store, "routing_policy", abroad, "ada")
    merchant.says(lines={"1": 1})
    assert placed(merchant) == []
    put_in_force(merchant.store, "routing_policy", {}, "ada")
    merchant.run()
    assert placed(merchant) == [("MAIN", 1)]
    versions = [one["request"]["policy_version"] for one in merchant.decisions("routing")]
    assert versions == [1, 2]


def test_a_policy_is_tried_on_the_orders_that_were(merchant: Merchant) -> None:
    merchant.says("7", lines={"2": 2})
    merchant.says("8", lines={"1": 1})
    policy = RoutingPolicy.model_validate_json('{"locations": {"EAST": {"countries": ["DE"]}}}')
    with merchant.store.reading() as database:
        told = trial(last_plans(database), policy, Rules())
        same = trial(last_plans(database), RoutingPolicy(), Rules())
    assert (told.orders, told.parcels_before, told.parcels_after) == (2, 2, 1)
    assert (told.short_before, told.short_after) == (0, 2)
    assert [(one.order, one.before, one.after) for one in told.changes] == [
        ("NYC-7", {"EAST": 2}, {})
    ]
    assert same.changes == [] and same.points_before == same.points_after == 2000


@pytest.mark.parametrize(
    ("listed", "location"), [("no_east", "MAIN"), ("low_ceiling", "EAST"), ("by_priority", "MAIN")]
)
def test_what_plugins_bring_decides_where_the_policy_lists_it(listed: str, location: str) -> None:
    rules = rules_brought(load_plugins(only=["offline"], modules=["tests.services.routing_rules"]))
    places = [
        RoutingCandidate(
            location_id=code, code=code, state="active", priority=n, available={"i": 1}
        )
        for n, code in enumerate(("MAIN", "EAST"))
    ]
    line = RoutingLine(order_line_id="l", stock_item_id="i", sku="TEE", quantity=1)
    policy = RoutingPolicy(stages=(listed,))
    plan = route(RoutingRequest(lines=(line,), policy=policy), places, rules)
    assert [part.location_id for part in plan.allocations] == [location]
