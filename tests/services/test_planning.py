"""Planning: what is proposed, explained, decided and never proposed twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from hub.records.stock import Bucket, MovementKind
from hub.registry import load_plugins
from hub.sdk import ReorderFacts, ReorderLevels, ReorderRule, ReorderSettings, hookimpl
from hub.services.context import Hub
from hub.services.purchasing import orders, proposals
from hub.services.purchasing.demand import count_demand, empty_days, keep_demand
from hub.services.purchasing.planning import foresee
from hub.services.purchasing.stored import PurchaseRefusedError, UnknownPurchaseError
from hub.store import tables
from hub.store.incoming import expect
from hub.store.ledger import account, adjust, move, reserve
from hub.store.unit_of_work import Store
from tests.services.buyer import Buyer
from tests.services.conftest import hub_on
from tests.store.conftest import SettableClock
from tests.store.shop_rows import add_place, all_rows, connect, one_row


@pytest.fixture
def buyer(request: pytest.FixtureRequest, clock: SettableClock) -> Buyer:
    """A buyer with a TEE at ACME: packs of 6, at least 12, kept between 10 and 50."""
    store: Store = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_store")
    connect(store, connector="scripted")
    buyer = Buyer(hub_on(store), clock)
    buyer.variant("TEE", 4)
    buyer.sells("TEE", moq=12, pack=6)
    buyer.policy(rule="min_max", minimum=10, maximum=50)
    return buyer


on_both = pytest.mark.parametrize("buyer", ["sqlite", "postgres"], indirect=True)
"""For what the databases do; the others are about rules."""


@pytest.fixture
def item(buyer: Buyer) -> str:
    return str(one_row(buyer.store, tables.variant, sku="TEE").stock_item_id)


@on_both
def test_what_runs_short_is_proposed_on_the_pack_with_its_reasons(buyer: Buyer) -> None:
    assert buyer.plan().proposed == 1
    row = buyer.proposal()
    assert (row.state, row.quantity, row.unit_price, row.rule) == (
        "proposed", 48, "4.00", "min_max",
    )  # fmt: skip
    kept = one_row(buyer.store, tables.decision, subject_id=row.id, kind="reorder")
    assert kept.outcome == "buy 48 of ACME"
    assert kept.document["position"] == 4 and kept.document["missing"] == 46
    assert kept.document["numbers"] == {"minimum": 10, "maximum": 50}
    assert kept.document["policy_version"] == 1 and kept.document["supplier"]["pack"] == 6


@on_both
def test_a_plan_made_twice_changes_nothing(buyer: Buyer) -> None:
    buyer.plan()
    again = buyer.plan()
    assert (again.proposed, again.unchanged, again.superseded) == (0, 1, 0)
    assert buyer.proposals() == [("proposed", 48)]


def test_looking_ahead_writes_nothing(buyer: Buyer) -> None:
    assert [answer.quantity for answer in foresee(buyer.hub).answers] == [48]
    assert buyer.proposals() == []


@on_both
def test_a_newer_plan_takes_the_place_of_an_older_one(buyer: Buyer, item: str) -> None:
    buyer.plan()
    buyer.take(item, 4)
    assert buyer.plan().proposed == 1
    assert buyer.proposals() == [("superseded", 48), ("proposed", 54)]
    with buyer.store.unit_of_work() as unit:
        adjust(unit, item, buyer.place, 100, "found", "found")
    assert buyer.plan().superseded == 1
    assert buyer.proposals() == [("superseded", 48), ("superseded", 54)]


@on_both
def test_all_that_is_on_order_counts(buyer: Buyer) -> None:
    buyer.plan()
    proposals.approve_proposals(buyer.hub, [buyer.proposal().id], "ada")
    assert buyer.plan().proposed == 0, "accepted"
    (number,) = proposals.order_accepted(buyer.hub)
    assert buyer.plan().proposed == 0, "a draft"
    orders.approve_purchase(buyer.hub, number, "ada")
    orders.hold_purchase(buyer.hub, number, "price?")
    assert buyer.plan().proposed == 0, "held"
    orders.cancel_purchase(buyer.hub, number, "too dear")
    assert buyer.plan().proposed == 1, "cancelled: it is missing again"
    assert buyer.proposals() == [("ordered", 48), ("proposed", 48)]


@on_both
def test_what_is_promised_or_waited_for_is_not_there(buyer: Buyer, item: str) -> None:
    buyer.ordered(item, 3, shipped=False)
    buyer.plan()
    assert one_row(buyer.store, tables.decision).document["position"] == 1
    buyer.ordered(item, 5, shipped=False)
    line = buyer.ordered(item, 4, shipped=False)
    with buyer.store.unit_of_work() as unit:
        assert reserve(unit, line, item, 4, None)
    buyer.plan()
    assert buyer.proposals() == [("superseded", 54), ("proposed", 60)], "position −8"


def test_what_is_on_its_way_from_elsewhere_counts(buyer: Buyer, item: str) -> None:
    with buyer.store.unit_of_work() as unit:
        expect(unit, item, buyer.place, 40, unit.now, "transfer:t1")
    assert buyer.plan().proposed == 0


def test_units_in_a_bucket_are_not_stock_to_sell(buyer: Buyer, item: str) -> None:
    here = account(buyer.place)
    with buyer.store.unit_of_work() as unit:
        move(unit, item, 4, here, account(buyer.place, Bucket.DAMAGED),
             MovementKind.BUCKET_CHANGE, "wet")  # fmt: skip
    buyer.plan()
    assert buyer.proposal().quantity == 54, "nothing good is left"


def test_a_person_edits_on_the_pack_only_and_the_next_plan_leaves_it(buyer: Buyer) -> None:
    buyer.plan()
    row = buyer.proposal()
    with pytest.raises(PurchaseRefusedError, match="the next is 36"):
        proposals.edit_proposal(buyer.hub, row.id, 31, "ada")
    with pytest.raises(PurchaseRefusedError, match="the next is 12"):
        proposals.edit_proposal(buyer.hub, row.id, 0, "ada")
    proposals.edit_proposal(buyer.hub, row.id, 36, "ada")
    assert buyer.plan().unchanged == 1
    row = buyer.proposal()
    assert (row.quantity, row.planned_quantity, row.edited_by) == (36, 48, "ada")


@on_both
def test_a_dismissed_proposal_comes_back_on_its_day(buyer: Buyer) -> None:
    buyer.plan()
    until = buyer.clock() + timedelta(days=7)
    proposals.dismiss_proposal(buyer.hub, buyer.proposal().id, "last season", until, "ada")
    assert (buyer.plan().left, buyer.proposals()) == (1, [("dismissed", 48)])
    buyer.clock.advance(7 * 86_400)
    assert buyer.plan().proposed == 1
    with pytest.raises(PurchaseRefusedError, match="not open"):
        proposals.dismiss_proposal(buyer.hub, buyer.proposal(state="dismissed").id, "", None, "ada")


def test_a_proposal_nobody_decides_about_expires_and_is_made_anew(buyer: Buyer) -> None:
    buyer.plan()
    buyer.clock.advance(14 * 86_400)
    done = buyer.plan()
    assert (done.expired, done.proposed) == (1, 1)
    assert buyer.proposals() == [("expired", 48), ("proposed", 48)]


@on_both
def test_accepted_proposals_become_one_draft_a_supplier(buyer: Buyer) -> None:
    buyer.variant("MUG", 0)
    buyer.sells("MUG")
    buyer.plan()
    (number,) = buyer.accept_all()
    order = buyer.order(number)
    assert number == "PO-1001" and order.state == "draft"
    assert {line.sku: line.ordered for line in order.lines} == {"TEE": 48, "MUG": 50}
    line = next(line for line in order.lines if line.sku == "TEE")
    assert buyer.proposal(purchase_line_id=line.id).state == "ordered"
    assert proposals.order_accepted(buyer.hub) == []
    with pytest.raises(UnknownPurchaseError):
        proposals.approve_proposals(buyer.hub, ["nobody"], "ada")


@pytest.mark.parametrize("buyer", ["postgres"], indirect=True)
def test_plans_made_at_once_propose_once(buyer: Buyer) -> None:
    item = one_row(buyer.store, tables.variant).stock_item_id
    for days_ago in (1, 2, 40):
        buyer.ordered(item, 3, days_ago=days_ago)
    with ThreadPoolExecutor(4) as pool:
        done = [one.result() for one in [pool.submit(buyer.plan) for _ in range(4)]]
    assert sum(one.proposed for one in done) == 1
    assert buyer.proposals() == [("proposed", 48)]


@on_both
def test_the_database_itself_allows_one_open_proposal(buyer: Buyer) -> None:
    buyer.plan()
    row = dict(buyer.proposal()._mapping)
    with pytest.raises(Exception, match="(?i)unique"), buyer.store.unit_of_work() as unit:
        unit.execute(tables.proposal.insert().values(**{**row, "id": "second"}))


# --- demand -----------------------------------------------------------------------------------


def counted(buyer: Buyer) -> list[Any]:
    with buyer.store.reading() as database:
        found = count_demand(database, buyer.clock(), 365)
    with buyer.store.unit_of_work() as unit:
        keep_demand(unit, found)
    rows = all_rows(buyer.store, tables.demand_month)
    today = buyer.clock().date().toordinal()
    return sorted(
        (row.location_id, row.month - 2026 * 12 + 1, row.units, row.squares, row.sale_days,
         row.out_days, row.first_sale and today - row.first_sale)
        for row in rows
    )  # fmt: skip


@on_both
def test_demand_counts_on_the_day_and_at_the_place_it_was_asked_of(buyer: Buyer, item: str) -> None:
    north = add_place(buyer.store, "NORTH")
    line = buyer.ordered(item, 5, days_ago=3)
    buyer.ordered(item, 2, days_ago=3)
    buyer.ordered(item, 3, days_ago=2)
    buyer.ordered(item, 7, days_ago=30)
    buyer.ordered(item, 100, days_ago=0)
    work = tables.fulfilment_order
    with buyer.store.unit_of_work() as unit:
        order_id = one_row(buyer.store, tables.order_line, id=line).order_id
        unit.execute(work.insert().values(id="f", order_id=order_id, location_id=north,
                                          created_at=unit.now))  # fmt: skip
        unit.execute(
            tables.allocation.insert().values(
                id="a", order_line_id=line, stock_item_id=item, location_id=north,
                fulfilment_order_id="f", allocated=4, released=1, shipped=3,
            )
        )  # fmt: skip
    expected = [
        ("main", 10, 7, 49, 1, 0, 30), ("main", 11, 7, 16 + 9, 2, 0, 3),
        ("north", 11, 3, 9, 1, 0, 3),
    ]  # fmt: skip
    assert counted(buyer) == expected, "today is not over and does not count"
    assert counted(buyer) == expected, "counted again it is the same"


@on_both
def test_days_without_stock_say_nothing_about_demand(buyer: Buyer, item: str) -> None:
    buyer.clock.now = buyer.clock.now.replace(month=12, day=2)
    buyer.ordered(item, 4, days_ago=6)
    buyer.take(item, 4, days_ago=6)
    buyer.ordered(item, 9, days_ago=5)
    assert counted(buyer) == [("main", 11, 4, 16, 1, 4, 6), ("main", 12, 0, 0, 0, 1, None)]
    buyer.policy(rule="service_level")
    (answer,) = foresee(buyer.hub).answers
    assert (answer.need.out_days, answer.need.units) == (5, 4)
    assert answer.need.observed_days == 10 - 5, "since the variant was made"


def test_what_is_sold_beyond_stock_has_no_such_days(buyer: Buyer, item: str) -> None:
    variant = tables.variant
    with buyer.store.unit_of_work() as unit:
        unit.execute(variant.update().values(sell_policy="backorder"))
    buyer.take(item, 4)
    buyer.clock.advance(3 * 86_400)
    assert counted(buyer) == []


@pytest.mark.parametrize(
    ("now", "moves", "out"),
    [
        (0, {}, [1, 2, 3, 4, 5]),
        (3, {}, []),
        (0, {3: (-2, False)}, [4, 5]),
        (2, {3: (2, True)}, [1, 2]),
        (0, {2: (5, True), 4: (-5, False)}, [1, 5]),
        (0, {3: (0, True)}, [1, 2, 4, 5]),
    ],
)
def test_the_ledger_walked_back_names_the_empty_days(
    now: int, moves: dict[int, tuple[int, bool]], out: list[int]
) -> None:
    assert sorted(empty_days(now, moves, 1, 5)) == out


# --- a rule of a plugin -----------------------------------------------------------------------


@hookimpl
def hub_reorder_rules() -> list[ReorderRule]:
    """Bring a rule that always wants a dozen."""

    def levels(facts: ReorderFacts, settings: ReorderSettings) -> ReorderLevels:
        return ReorderLevels(11, 24, "two dozen", (("lead", facts.lead_days),))

    return [ReorderRule("dozens", levels)]


def test_a_rule_of_a_plugin_is_planned_by_and_explained(buyer: Buyer) -> None:
    plugins = load_plugins(only=["offline"], modules=["tests.services.test_planning"])
    buyer.hub = Hub(buyer.store, plugins, buyer.hub.policy, buyer.hub.http_for)
    buyer.policy(rule="dozens")
    buyer.plan()
    assert buyer.proposal().quantity == 24, "twenty are missing, and packs are of six"
    assert one_row(buyer.store, tables.decision).document["formula"] == "two dozen"
