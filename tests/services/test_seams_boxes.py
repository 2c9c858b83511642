"""Where boxes and parcels meet edits, cancellations and lost answers: all ends as it should."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from hub.records.warehouse import Carton, Size
from hub.sdk import NotSentError, RejectedError, UnknownOutcomeError
from hub.services.orders.resolve import hold_order, it_never_happened
from hub.services.orders.splitting import split_order
from hub.services.shipping.handover import NotHandedOverError, hand_over, labelled_shipments
from hub.services.stock.locations import add_location
from hub.services.stock.stockroom import adjust_stock
from hub.services.vendors.connect import pause, resume
from hub.services.warehouse import cartons, packing
from hub.services.warehouse.batches import FloorError
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.flooring import BY, FloorMerchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Iterator[FloorMerchant]:
    made = FloorMerchant(sqlite_store, clock)
    yield made
    made.books_are_right()


@pytest.fixture
def anywhere(store: Store, clock: SettableClock) -> Iterator[FloorMerchant]:
    """On either database."""
    made = FloorMerchant(store, clock)
    yield made
    made.books_are_right()


def small_boxes(merchant: FloorMerchant) -> None:
    """Tees and mugs of which two go into a box."""
    side = Size(length_mm=100, width_mm=100, height_mm=100)
    for sku in ("p1", "p2"):
        cartons.measure(merchant.hub, sku, side, 200, False)
    box = Size(length_mm=210, width_mm=110, height_mm=110)
    cartons.keep_carton(merchant.hub, Carton(code="S", title="Small", inner=box, tare_g=50))


def test_units_added_after_the_box_was_closed_go_into_it_before_its_label_is_bought(
    merchant: FloorMerchant,
) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 1})
    (work,) = merchant.works()
    merchant.pick(merchant.make_batch())
    packing.pack_unchecked(merchant.hub, work)
    merchant.carrier.trouble = NotSentError("away")
    packing.close_boxes(merchant.hub, work, "", BY)
    merchant.run()
    merchant.says(version=2, lines={"1": 3})
    merchant.later(hours=1)
    assert merchant.labels() == [], "nobody has put the others into the box yet"
    assert "waits to be picked" in merchant.why() or "is being picked" in merchant.why()
    merchant.pick(merchant.make_batch())
    merchant.pack(work)
    assert merchant.labels() == ["L1"]
    assert [merchant.contents(one) for one in merchant.parcels("label_purchased")] == [[3]]


def test_fewer_units_after_two_boxes_wait_for_their_labels(anywhere: FloorMerchant) -> None:
    anywhere.labels_wait_for_boxes()
    small_boxes(anywhere)
    anywhere.says(lines={"1": 4})
    (work,) = anywhere.works()
    packing.pack_unchecked(anywhere.hub, work)
    packing.close_boxes(anywhere.hub, work, "", BY)
    with anywhere.store.unit_of_work() as unit:
        unit.execute(
            tables.job.update()
            .values(run_at=anywhere.clock.now.replace(year=2030))
            .where(tables.job.c.kind == "perform_effect")
        )
    anywhere.says(version=2, lines={"1": 3})
    anywhere.later(hours=12)
    assert not anywhere.holds(), anywhere.why()
    assert anywhere.lines()["1"].allocated == 3 and anywhere.labels() == []
    assert anywhere.works() == [work] and "to be picked" in anywhere.why()
    packing.close_boxes(anywhere.hub, work, "", BY)
    anywhere.run()
    assert len(anywhere.parcels("label_purchased")) == 2


def test_fewer_units_after_one_of_two_boxes_left(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    small_boxes(merchant)
    merchant.says(lines={"1": 4})
    (work,) = merchant.works()
    merchant.pack(work)
    first, second = merchant.parcels("label_purchased")
    hand_over(merchant.hub, first.id)
    merchant.run()
    merchant.says(version=2, lines={"1": 3})
    merchant.later(hours=1)
    line = merchant.lines()["1"]
    assert (line.quantity, line.shipped, line.allocated) == (3, 2, 1), merchant.why()
    assert not merchant.holds()
    for one in merchant.works():
        merchant.pack(one)
    for parcel in merchant.parcels("label_purchased"):
        hand_over(merchant.hub, parcel.id)
    merchant.run()
    assert merchant.lines()["1"].shipped == 3
    assert merchant.free() == 2


def test_the_shop_cancels_after_one_of_two_boxes_left(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    small_boxes(merchant)
    merchant.says(lines={"1": 4})
    merchant.pack(merchant.works()[0])
    first, second = merchant.parcels("label_purchased")
    hand_over(merchant.hub, first.id)
    merchant.says(version=2, lines={"1": 4}, state="cancelled")
    merchant.later(hours=1)
    assert merchant.carrier.voided == ["L2"] and merchant.free() == 3
    line = merchant.lines()["1"]
    assert (line.shipped, line.cancelled, line.allocated) == (2, 2, 0)
    assert not merchant.holds() and not merchant.works()


def test_units_added_after_one_of_two_boxes_left_are_packed_too(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    small_boxes(merchant)
    merchant.says(lines={"1": 3})
    (work,) = merchant.works()
    packing.pack_unchecked(merchant.hub, work)
    packing.close_boxes(merchant.hub, work, "", BY)
    (one, two) = all_rows(merchant.store, tables.effect, kind="label")
    with merchant.store.unit_of_work() as unit:
        unit.execute(
            tables.job.update()
            .values(run_at=merchant.clock.now.replace(year=2030))
            .where(tables.job.c.subject == two.id)
        )
    merchant.run()
    (first,) = merchant.parcels("label_purchased")
    hand_over(merchant.hub, first.id)
    merchant.run()
    merchant.says(version=2, lines={"1": 5})
    for work in merchant.works():
        merchant.pack(work)
    merchant.later(hours=12)
    for parcel in merchant.parcels("label_purchased"):
        hand_over(merchant.hub, parcel.id)
    merchant.run()
    assert merchant.lines()["1"].shipped == 5, merchant.why()
    given = all_rows(merchant.store, tables.allocation)
    assert all(row.packed == row.shipped for row in given), given


def test_nothing_is_left_of_a_parcel_whose_label_may_have_been_bought(
    merchant: FloorMerchant,
) -> None:
    add_location(merchant.hub, "EAST", "Second house", "US", priority=200)
    merchant.carrier.trouble = UnknownOutcomeError("lost")
    merchant.says(lines={"1": 1})
    adjust_stock(merchant.hub, "p1", 5, "found", "x", "EAST")
    merchant.short(merchant.make_batch())
    assert "changed" in merchant.holds(), "the answer may still come"
    merchant.later(days=2)
    (label,) = all_rows(merchant.store, tables.effect, kind="label")
    assert label.state == "needs_operator"
    it_never_happened(merchant.hub, label.id, "the carrier has none", "ada")
    merchant.later(hours=1)
    assert not merchant.holds(), merchant.why()
    assert len(merchant.labels()) == 1 and merchant.lines()["1"].allocated == 1


def test_a_split_part_taken_off_leaves_the_other_alone(merchant: FloorMerchant) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says(lines={"1": 2, "2": 2})
    split_order(merchant.hub, merchant.order().id, {"TEE": 2}, "ada")
    merchant.says(version=2, lines={"1": 2})
    merchant.later(hours=1)
    assert merchant.lines()["1"].allocated == 2 and merchant.free("p2") == 5
    assert not merchant.holds() and len(merchant.works()) == 1, merchant.why()
    assert len(merchant.labels()) == 1


def test_a_split_order_of_which_a_part_left_is_cancelled_for_the_rest(
    merchant: FloorMerchant,
) -> None:
    merchant.carrier.trouble = NotSentError("away")
    merchant.says(lines={"1": 2, "2": 2})
    split_order(merchant.hub, merchant.order().id, {"TEE": 2}, "ada")
    merchant.later(hours=1)
    one, two = merchant.parcels("label_purchased")
    hand_over(merchant.hub, one.id)
    merchant.says(version=2, lines={"1": 2, "2": 2}, state="cancelled")
    merchant.later(hours=1)
    assert sorted((merchant.free("p1"), merchant.free("p2"))) == [3, 5]
    assert not merchant.works() and not merchant.holds()


def test_fewer_units_when_one_of_two_boxes_has_its_label(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    small_boxes(merchant)
    merchant.says(lines={"1": 4})
    (work,) = merchant.works()
    packing.pack_unchecked(merchant.hub, work)
    packing.close_boxes(merchant.hub, work, "", BY)
    (_, two) = all_rows(merchant.store, tables.effect, kind="label")
    with merchant.store.unit_of_work() as unit:
        unit.execute(
            tables.job.update()
            .values(run_at=merchant.clock.now.replace(year=2030))
            .where(tables.job.c.subject == two.id)
        )
    merchant.run()
    merchant.says(version=2, lines={"1": 1})
    merchant.later(hours=12)
    for work in merchant.works():
        if not [p for p in merchant.parcels("label_purchased") if p.fulfilment_order_id == work]:
            merchant.pack(work)
    merchant.later(hours=12)
    assert merchant.lines()["1"].allocated == 1 and not merchant.holds(), merchant.why()
    (left,) = merchant.parcels("label_purchased")
    assert merchant.contents(left) == [1]
    hand_over(merchant.hub, left.id)
    merchant.run()
    assert merchant.free() == 4


def test_a_hold_that_ends_finds_the_packed_box_as_it_was(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 2})
    (work,) = merchant.works()
    packing.pack_unchecked(merchant.hub, work)
    until = merchant.clock.now + timedelta(hours=1)
    hold_order(
        merchant.hub, merchant.order().id, "ask her", "ada", until=until, keeps_promise=False
    )
    with pytest.raises(FloorError, match="held"):
        packing.close_boxes(merchant.hub, work, "", BY)
    merchant.later(hours=2)
    packing.close_boxes(merchant.hub, work, "", BY)
    merchant.run()
    assert merchant.labels() == ["L1"]


def test_units_refunded_while_they_are_picked_are_put_back(merchant: FloorMerchant) -> None:
    merchant.labels_wait_for_boxes()
    merchant.says(lines={"1": 3})
    batch = merchant.make_batch()
    merchant.pick(batch)
    merchant.shop.refunds["7"] = [{"id": "r1", "order": "7", "amount": 100, "lines": {"1": 1}}]
    merchant.says(version=2, lines={"1": 3}, override={"refund_ids": ["r1"], "refunded_minor": 100})
    merchant.later(hours=1)
    line = merchant.lines()["1"]
    assert (line.allocated, line.cancelled) == (2, 1), merchant.why()
    assert [task.to_put_back for task in merchant.tasks(batch)] == [3], "its work begins anew"
    assert [task.units for task in merchant.tasks(merchant.make_batch())] == [2]


def test_an_empty_parcel_whose_label_is_not_taken_back_does_not_keep_its_order(
    anywhere: FloorMerchant,
) -> None:
    add_location(anywhere.hub, "EAST", "Second house", "US", priority=200)
    anywhere.says(lines={"1": 1})
    adjust_stock(anywhere.hub, "p1", 5, "found", "x", "EAST")
    anywhere.carrier.trouble = RejectedError("too late")
    anywhere.short(anywhere.make_batch())
    anywhere.later(hours=1)
    (parcel,) = anywhere.parcels("label_purchased")
    assert not anywhere.holds() and anywhere.contents(parcel) == [1], anywhere.why()
    hand_over(anywhere.hub, parcel.id)
    anywhere.run()
    assert anywhere.order().phase == "in_transit"


def test_an_empty_parcel_is_not_handed_over_while_its_label_goes_back(
    merchant: FloorMerchant,
) -> None:
    merchant.says(lines={"1": 1})
    pause(merchant.hub, "CAR", "a break")
    merchant.short(merchant.make_batch())
    (parcel,) = merchant.parcels("label_purchased")
    assert labelled_shipments(merchant.hub) == []
    with pytest.raises(NotHandedOverError, match="nothing is left"):
        hand_over(merchant.hub, parcel.id)
    resume(merchant.hub, "CAR")
    merchant.later(minutes=5)
    assert merchant.carrier.voided == ["L1"] and not merchant.parcels("label_purchased")
