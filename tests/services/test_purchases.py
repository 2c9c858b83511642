"""Purchase orders from draft to receipt: counters add up, nothing is booked twice or hidden."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from hub.records.address import Party
from hub.records.purchase import InboundState
from hub.records.stock import Bucket
from hub.services.purchasing import inbound, orders, planning, sending, suppliers
from hub.services.purchasing.stored import (
    PurchaseRefusedError,
    UnknownPurchaseError,
    change_line,
)
from hub.services.purchasing.suppliers import (
    SupplierFileError,
    UnknownSupplierError,
    contact_of,
    read_items,
)
from hub.store import tables
from hub.store.incoming import supply_of
from hub.store.unit_of_work import Store
from tests.services.buyer import Buyer, Came
from tests.services.conftest import hub_on
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, connect, one_row
from tests.store.stock_books import balance


@pytest.fixture
def buyer(request: pytest.FixtureRequest, clock: SettableClock) -> Buyer:
    """A buyer of TEE, of which there is none."""
    store: Store = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_store")
    connect(store, connector="scripted")
    buyer = Buyer(hub_on(store), clock)
    buyer.variant("TEE")
    buyer.sells("TEE", (1, "4.00"), (50, "3.50"), supplier_sku="AC-7")
    return buyer


on_both = pytest.mark.parametrize("buyer", ["sqlite", "postgres"], indirect=True)
"""For what the databases do; the others are about rules."""


@pytest.fixture
def item(buyer: Buyer) -> str:
    return str(one_row(buyer.store, tables.variant, sku="TEE").stock_item_id)


def line_of(buyer: Buyer, number: str) -> Any:
    return buyer.order(number).line("TEE")


# --- the way of an order ----------------------------------------------------------------------


@on_both
def test_an_order_goes_its_way_and_no_other(buyer: Buyer) -> None:
    hub = buyer.hub
    number = orders.create_purchase(hub, "ACME", {"TEE": 60})
    assert line_of(buyer, number).unit_price == "3.50", "the break of 50"
    with pytest.raises(PurchaseRefusedError, match="it must be one of: approved"):
        sending.mark_sent(hub, number, "ada")
    with pytest.raises(PurchaseRefusedError, match="is draft"):
        buyer.receive(number, Came("TEE", 1))
    orders.approve_purchase(hub, number, "ada")
    with pytest.raises(PurchaseRefusedError):
        orders.approve_purchase(hub, number, "bob")
    assert sending.mark_sent(hub, number, "ada") == "sent"
    assert orders.hold_purchase(hub, number, "price?") == "on_hold"
    assert orders.release_purchase(hub, number) == "sent"
    due = buyer.clock() + timedelta(days=5)
    assert orders.acknowledge_purchase(hub, number, due, "SO-9") == "acknowledged"
    assert line_of(buyer, number).acknowledged == 60
    assert buyer.receive(number, Came("TEE", 10)).state == "partially_received"
    assert orders.cancel_purchase(hub, number, "enough") == 50
    assert buyer.order(number).state == "received", "only what had not come was cancelled"
    assert orders.close_purchase(hub, number) == "closed"
    assert one_row(buyer.store, tables.purchase_order).state == "closed"
    record = buyer.order(number).record()
    assert (record.number, record.lines[0].cancelled) == ("PO-1001", 50)


def test_what_is_cancelled_acknowledged_or_announced_was_ordered(buyer: Buyer) -> None:
    number = buyer.bought(units=20)
    day = buyer.clock() + timedelta(days=3)
    for act in (
        lambda: orders.cancel_purchase(buyer.hub, number, "", {"TEE": 21}),
        lambda: orders.acknowledge_purchase(buyer.hub, number, None, "", {"TEE": 21}),
        lambda: inbound.announce_inbound(buyer.hub, number, "DN-1", day, {"TEE": 21}),
    ):
        with pytest.raises(PurchaseRefusedError, match="only 20 of TEE"):
            act()
    for wrong in ({"MUG": 1}, {"TEE": 5, "MUG": 1}):
        with pytest.raises(UnknownPurchaseError, match="no line of MUG"):
            orders.cancel_purchase(buyer.hub, number, "", wrong)
    with pytest.raises(UnknownSupplierError, match="does not sell MUG"):
        orders.create_purchase(buyer.hub, "ACME", {"TEE": 1, "MUG": 1})


def test_a_lost_order_counts_as_on_order_no_more(buyer: Buyer, item: str) -> None:
    buyer.policy(rule="min_max", minimum=10, maximum=20)
    number = buyer.bought(units=20)
    assert buyer.plan().proposed == 0
    assert orders.lose_purchase(buyer.hub, number, "the ship sank") == "lost"
    assert buyer.plan().proposed == 1
    assert supply_of_item(buyer, item) == []
    assert orders.close_purchase(buyer.hub, number) == "closed"


# --- what comes -------------------------------------------------------------------------------


@on_both
def test_one_receipt_fills_several_buckets_and_keeps_what_a_unit_cost(
    buyer: Buyer, item: str
) -> None:
    number = buyer.bought(units=60)
    done = buyer.receive(
        number, Came("TEE", 50), Came("TEE", 4, Bucket.DAMAGED, "wet"),
        Came("TEE", 3, Bucket.QUALITY_CONTROL, unit_cost="3.20"),
    )  # fmt: skip
    assert (done.new, done.state, done.damaged, done.over) == (True, "partially_received", 4, 0)
    line = line_of(buyer, number)
    assert (line.received_good, line.received_damaged) == (53, 4)
    promise = one_row(buyer.store, tables.stock_promise, stock_item_id=item)
    assert promise.sellable == 50, "only good units are for sale"
    level = one_row(buyer.store, tables.stock_level, stock_item_id=item)
    assert (level.on_hand, level.unsellable) == (57, 7)
    parts = all_rows(buyer.store, tables.receipt_part)
    costs = {part.bucket: (part.quantity, part.unit_cost, part.note) for part in parts}
    assert costs == {
        "": (50, "3.50", ""), "damaged": (4, "3.50", "wet"), "quality_control": (3, "3.20", ""),
    }  # fmt: skip
    assert balance(buyer.store, item)["supplier"] == -57
    told = one_row(buyer.store, tables.operational_exception, kind="supply_damaged")
    assert "4 units came damaged" in told.sentence


@on_both
def test_the_same_receipt_is_booked_once(buyer: Buyer, item: str) -> None:
    number = buyer.bought(units=20)
    first = buyer.receive(number, Came("TEE", 5), command="scan-1")
    again = buyer.receive(number, Came("TEE", 5), command="scan-1")
    assert (again.new, again.receipt_id) == (False, first.receipt_id)
    assert line_of(buyer, number).received_good == 5
    assert one_row(buyer.store, tables.stock_promise, stock_item_id=item).sellable == 5


@on_both
def test_more_than_was_ordered_is_booked_and_cannot_be_overlooked(buyer: Buyer, item: str) -> None:
    number = buyer.bought(units=20)
    done = buyer.receive(number, Came("TEE", 25))
    assert (done.over, done.state, line_of(buyer, number).over) == (5, "received", 5)
    assert one_row(buyer.store, tables.stock_promise, stock_item_id=item).sellable == 25
    told = one_row(buyer.store, tables.operational_exception, kind="supply_over")
    assert told.subject_id == buyer.order(number).id and "5 of TEE" in told.sentence
    assert told.ticket_id is not None
    orders.close_purchase(buyer.hub, number)
    assert buyer.receive(number, Came("TEE", 1)).over == 1, "what stands at the door is booked"


def test_a_sku_that_is_on_no_line_is_refused_and_nothing_is_booked(buyer: Buyer) -> None:
    number = buyer.bought(units=20)
    with pytest.raises(UnknownPurchaseError, match="no line of MUG"):
        buyer.receive(number, Came("TEE", 5), Came("MUG", 1))
    assert line_of(buyer, number).received_good == 0
    assert all_rows(buyer.store, tables.receipt) == []


def supply_of_item(buyer: Buyer, item: str) -> list[tuple[int, Any]]:
    with buyer.store.reading() as database:
        return [(one.units, one.at) for one in supply_of(database, [item]).get(item, [])]


@on_both
def test_what_is_announced_is_dated_supply_and_moves_with_its_day(buyer: Buyer, item: str) -> None:
    number, now = buyer.bought(units=20), buyer.clock()
    usual, day = now + timedelta(days=10), now + timedelta(days=3)
    assert supply_of_item(buyer, item) == [(20, usual)], "the stated lead time"
    inbound.announce_inbound(buyer.hub, number, "DN-1", day, {"TEE": 12})
    assert supply_of_item(buyer, item) == [(12, day), (8, usual)]
    later = day + timedelta(days=4)
    inbound.announce_inbound(buyer.hub, number, "DN-1", later)
    assert supply_of_item(buyer, item) == [(12, later), (8, usual)]
    inbound.move_inbound(buyer.hub, number, "DN-1", InboundState.IN_TRANSIT)
    buyer.receive(number, Came("TEE", 10), delivery="DN-1")
    row = one_row(buyer.store, tables.inbound_shipment)
    assert row.state == "receiving" and sum(n for n, _ in supply_of_item(buyer, item)) == 10
    inbound.move_inbound(buyer.hub, number, "DN-1", InboundState.SHORT_CLOSED)
    assert line_of(buyer, number).announced == 10, "what did not come may be announced again"
    inbound.announce_inbound(buyer.hub, number, "DN-2", later)
    assert line_of(buyer, number).announced == 20
    buyer.receive(number, Came("TEE", 10), delivery="DN-2")
    assert supply_of_item(buyer, item) == []
    assert one_row(buyer.store, tables.inbound_shipment, reference="DN-2").state == "received"


@on_both
def test_late_goods_are_an_exception_until_they_come(buyer: Buyer) -> None:
    number = buyer.bought(units=20)
    orders.acknowledge_purchase(buyer.hub, number, buyer.clock() + timedelta(days=2))
    buyer.clock.advance(4 * 86_400)
    planning.plan(buyer.hub)
    row = one_row(buyer.store, tables.operational_exception, kind="supply_late")
    assert row.closed_at is None and number in row.sentence
    buyer.receive(number, Came("TEE", 20))
    row = one_row(buyer.store, tables.operational_exception, kind="supply_late")
    assert row.closed_at is not None


@on_both
@pytest.mark.parametrize("wrong", [{"received_good": 21}, {"cancelled": 21}, {"announced": -1}])
def test_the_database_refuses_counters_that_do_not_add_up(
    buyer: Buyer, wrong: dict[str, int]
) -> None:
    line = line_of(buyer, buyer.bought(units=20))
    with pytest.raises(IntegrityError), buyer.store.unit_of_work() as unit:
        change_line(unit, line.id, **wrong)


# --- learning ---------------------------------------------------------------------------------


@on_both
def test_lead_time_and_fill_rate_are_learned_and_planned_by(buyer: Buyer, item: str) -> None:
    for days, good in ((20, 10), (24, 10), (28, 7)):
        number = buyer.bought(units=10)
        buyer.clock.advance(days * 86_400)
        buyer.receive(number, Came("TEE", good))
        if good < 10:
            orders.cancel_purchase(buyer.hub, number, "never came")
            buyer.receive(number, Came("TEE", 1, Bucket.DAMAGED))
    known = one_row(buyer.store, tables.supplier_item)
    assert known.lead_mean == pytest.approx(25, abs=1.1) and known.deliveries == 4
    assert known.fill_rate == pytest.approx(27 / 30)
    buyer.ordered(item, 300, days_ago=3)
    buyer.policy(rule="service_level")
    (answer,) = planning.foresee(buyer.hub).answers or planned(buyer)
    assert answer.offer.lead_days == known.lead_mean, "not the ten days that were stated"


def planned(buyer: Buyer) -> Any:
    planning.plan(buyer.hub)
    return planning.foresee(buyer.hub).answers


# --- any order of receipts and cancellations --------------------------------------------------

ACTS = st.lists(
    st.tuples(st.sampled_from(["good", "damaged", "cancel"]), st.integers(1, 9)), max_size=8
)


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(ACTS)
def test_counters_and_ledger_add_up_after_anything(
    buyer: Buyer, acts: list[tuple[str, int]]
) -> None:
    item = one_row(buyer.store, tables.variant, sku="TEE").stock_item_id
    number = buyer.bought(units=20)
    before = balance(buyer.store, item)["supplier"]
    for act, units in acts:
        try:
            if act == "cancel":
                orders.cancel_purchase(buyer.hub, number, "", {"TEE": units})
            else:
                bucket = Bucket.DAMAGED if act == "damaged" else None
                buyer.receive(number, Came("TEE", units, bucket))
        except PurchaseRefusedError:
            continue
        line = line_of(buyer, number)
        received = line.received_good + line.received_damaged
        assert received + line.cancelled <= line.ordered + line.over
        assert before - balance(buyer.store, item)["supplier"] == received
        over = all_rows(
            buyer.store, tables.operational_exception, subject_id=buyer.order(number).id,
            kind="supply_over",
        )  # fmt: skip
        assert bool(over) == (line.over > 0)


# --- paper, people and files ------------------------------------------------------------------


def test_an_order_without_mail_is_written_as_files(buyer: Buyer) -> None:
    number = buyer.bought(units=60, sent=False)
    with pytest.raises(PurchaseRefusedError, match="mail"):
        sending.send_purchase(buyer.hub, number)
    files = sending.purchase_files(buyer.hub, number)
    assert list(files) == ["PO-1001.pdf", "PO-1001.csv"]
    assert files["PO-1001.pdf"].startswith(b"%PDF")
    rows = files["PO-1001.csv"].decode().split("\r\n")
    assert rows[1] == "PO-1001,AC-7,TEE,tee,60,3.50,USD"
    assert sending.purchase_files(buyer.hub, number) == files, "the same order, the same bytes"


@on_both
def test_whom_to_write_to_is_sealed_as_every_person_is(buyer: Buyer) -> None:
    contact = Party(name="Ada", email="ada@acme.example", country="DE")
    first = suppliers.put_supplier(buyer.hub, "ACME", contact=contact)
    again = suppliers.put_supplier(buyer.hub, "ACME", lead_days=30)
    assert (again.id, again.title, again.lead_days) == (first.id, "Acme", 30)
    with buyer.store.reading() as database:
        assert contact_of(database, buyer.store.keyring, first.id) == contact
    assert b"ada" not in one_row(buyer.store, tables.party).sealed


def test_a_file_of_items_is_taken_whole_or_not_at_all(buyer: Buyer) -> None:
    text = "sku,prices,moq,pack,primary\nTEE,1:4.00 50:3.10,10,5,yes\n"
    assert suppliers.put_items(buyer.hub, "ACME", read_items(text)) == 0
    row = one_row(buyer.store, tables.supplier_item)
    assert (row.moq, row.pack, row.is_primary, row.prices[1]["price"]) == (10, 5, True, "3.10")
    with pytest.raises(SupplierFileError, match=r"line 3: prices is missing; line 4:"):
        read_items(text + "MUG,\nCUP,x,1\n")
    with pytest.raises(UnknownSupplierError, match="GHOST"):
        suppliers.put_items(buyer.hub, "ACME", read_items("sku,prices\nTEE,9.99\nGHOST,1\n"))
    assert one_row(buyer.store, tables.supplier_item).prices[0]["price"] == "4.00"


def test_rising_prices_are_no_price_breaks(buyer: Buyer) -> None:
    with pytest.raises(SupplierFileError, match="price breaks"):
        buyer.sells("TEE", (1, "4.00"), (10, "4.50"))
