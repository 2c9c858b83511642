"""The floor: batches, missing units, boxes, and what happens when nobody wants them any more."""

from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from hub.paper.floor import pick_list
from hub.records.ticket import ExceptionKind
from hub.records.warehouse import BatchState, Carton, Size
from hub.reports.warehouse import Batch, OpenWork, Task, list_batches, open_works, tasks_of
from hub.services.orders.resolve import hold_order
from hub.services.shipping.handover import hand_over
from hub.services.stock.counts import approve_count, enter_count, start_count
from hub.services.stock.locations import add_location
from hub.services.stock.stockroom import adjust_stock
from hub.services.warehouse import batches, cartons, packing, picking
from hub.services.warehouse.batches import FloorError
from hub.store import tables
from tests.journeys.story import Story

BY = "operator ida"


class Floor:
    """The words of the floor, at one location of a story."""

    def __init__(self, story: Story) -> None:
        self.story, self.hub = story, story.world.hub

    def make_batch(self) -> str:
        number = batches.plan_batch(self.hub, batches.location_id(self.hub, ""), 20, 100, BY)
        assert number is not None
        batches.release_batch(self.hub, number)
        return number

    def tasks(self, number: str) -> list[Task]:
        with self.hub.store.reading() as database:
            return tasks_of(database, number)

    def batch(self, number: str) -> Batch:
        with self.hub.store.reading() as database:
            return next(one for one in list_batches(database, True) if one.number == number)

    def works(self) -> list[OpenWork]:
        with self.hub.store.reading() as database:
            return open_works(database)

    def exceptions(self) -> list[str]:
        rows = self.story.world.rows(tables.operational_exception, closed_at=None)
        return [row.sentence for row in rows]

    def labels_wait_for_boxes(self) -> None:
        add_location(self.hub, "MAIN", "Main house", "US", 10, label_when="packed")

    def contents(self, parcel: Any) -> list[int]:
        rows = self.story.world.rows(tables.shipment_line, shipment_id=parcel.id)
        return [row.quantity for row in rows]


@pytest.fixture
def floor(story: Story) -> Iterator[Floor]:
    story.open_for_business(orders=0)
    yield Floor(story)
    story.end_well()


def test_units_that_are_not_there_are_sent_from_elsewhere(floor: Floor, story: Story) -> None:
    add_location(floor.hub, "EAST", "Second house", "US", priority=200)
    adjust_stock(floor.hub, "HB-250", 5, "delivered", "east", "EAST")
    story.world.run()
    number = story.buy("HB-250", 3)
    story.sync()
    assert story.labels() == [number]

    batch = floor.make_batch()
    (task,) = floor.tasks(batch)
    assert (task.sku, task.units, task.order) == ("HB-250", 3, number)
    assert picking.record_picked(floor.hub, batch, task.position, 1, BY) == 1
    assert picking.record_short(floor.hub, batch, task.position, None, "shelf is empty", BY) == 2
    story.world.run()

    assert floor.batch(batch).state == BatchState.PICKED
    assert story.labels() == [number, number], "the rest comes from the other house"
    first, second = story.parcels(number)
    assert (floor.contents(first), floor.contents(second)) == ([1], [2])
    assert first.location_id != second.location_id
    assert floor.exceptions() == [
        f"2 of HB-250 not found in its place at {_code(story, first)}: shelf is empty"
    ]
    held = story.world.rows(tables.stock_bucket, bucket="held")
    assert [row.units for row in held] == [2], "they are in the books until somebody counts"
    story.end_well()

    story.hand_over()
    assert story.at_shop(number)["status"] == "completed"
    assert len(story.notes(number)) == 2, "one for each parcel"

    later = story.buy("HB-250", 1)
    story.sync()
    (parcel,) = story.parcels(later)
    assert parcel.location_id == second.location_id, "nobody is sent to the doubtful shelf"

    count = start_count(floor.hub, _code(story, first), ["HB-250"], BY)
    enter_count(floor.hub, count, {"HB-250": 0}, BY)
    enter_count(floor.hub, count, {"HB-250": 0}, BY)
    approve_count(floor.hub, count, "HB-250", BY)
    story.world.run()
    assert not floor.exceptions()
    assert [row.units for row in story.world.rows(tables.stock_bucket, bucket="held")] == [0]
    (left,) = story.world.rows(tables.stock_level, location_id=first.location_id,
                               stock_item_id=story.stock("HB-250").stock_item_id)  # fmt: skip
    assert left.on_hand == 0


def _code(story: Story, parcel: Any) -> str:
    (place,) = story.world.rows(tables.location, id=parcel.location_id)
    return str(place.code)


def test_a_parcel_of_which_nothing_is_there_is_not_sent(floor: Floor, story: Story) -> None:
    number = story.buy("HB-250", 1)
    story.sync()
    batch = floor.make_batch()
    adjust_stock(floor.hub, "HB-250", -(story.stock("HB-250").sellable - 1), "gone", "gone")
    picking.record_short(floor.hub, batch, 1, None, "", BY)
    story.world.run()
    assert story.phase(number) == "awaiting_stock"
    (parcel,) = story.parcels(number)
    assert parcel.state == "voided", "its label went back to the carrier"

    adjust_stock(floor.hub, "HB-250", 4, "delivered", "more")
    story.world.run()
    assert not story.holds(number).keys() - {"stock"}, "the shelf is in doubt until it is counted"
    count = start_count(floor.hub, "MAIN", ["HB-250"], BY)
    assert enter_count(floor.hub, count, {"HB-250": 4}, BY) == {"HB-250": "book"}
    story.world.run()
    assert story.phase(number) == "in_warehouse"
    assert story.hand_over() == 1


def test_nobody_fetches_for_an_order_twice_nor_for_one_that_is_held(
    floor: Floor, story: Story
) -> None:
    first = story.buy("HB-250")
    story.sync()
    batch = floor.make_batch()
    assert batches.plan_batch(floor.hub, batches.location_id(floor.hub, ""), 20, 100, BY) is None
    story.buy("TEE-M")
    story.sync()
    other = floor.make_batch()
    assert [task.sku for task in floor.tasks(other)] == ["TEE-M"]
    assert [task.order for task in floor.tasks(batch)] == [first]
    with pytest.raises(FloorError, match="has 1 units left"):
        picking.record_picked(floor.hub, batch, 1, 2, BY)
    picking.record_picked(floor.hub, batch, 1, None, BY)
    with pytest.raises(FloorError, match="has 0 units left"):
        picking.record_picked(floor.hub, batch, 1, 1, BY)


def test_what_was_fetched_for_a_cancelled_order_goes_back_to_its_shelf(
    floor: Floor, story: Story
) -> None:
    floor.labels_wait_for_boxes()
    number = story.buy("HB-250", 2)
    story.sync()
    assert story.phase(number) == "in_warehouse"
    assert not story.labels(), "the label waits for its box"
    batch = floor.make_batch()
    picking.record_picked(floor.hub, batch, 1, 1, BY)
    free = story.stock("HB-250")

    story.shops["NYC"].action("cancel_order", order_id=story.at_shop(number)["id"])
    story.sync()
    assert story.phase(number) == "cancelled"
    assert story.stock("HB-250").allocated == free.allocated - 2
    (task,) = floor.tasks(batch)
    assert (task.picked, task.recalled, task.to_put_back) == (1, 1, 1)
    assert picking.record_put_back(floor.hub, batch, 1, BY) == 1
    with pytest.raises(FloorError, match="nothing to put back"):
        picking.record_put_back(floor.hub, batch, 1, BY)
    assert not story.labels()


def test_every_unit_is_scanned_and_each_box_gets_its_label(floor: Floor, story: Story) -> None:
    floor.labels_wait_for_boxes()
    cartons.keep_carton(
        floor.hub,
        Carton(code="S", inner=Size(length_mm=120, width_mm=120, height_mm=120), tare_g=60),
    )
    size = Size(length_mm=110, width_mm=100, height_mm=100)
    assert cartons.measure(floor.hub, "HB-250", size, 250, dry_run=False)
    number = story.buy("HB-250", 2)
    story.sync()
    (work,) = floor.works()

    with pytest.raises(
        FloorError, match="TEE-M does not belong into this box; it wants 2 × HB-250"
    ):
        packing.scan(floor.hub, work.id, "TEE-M")
    assert packing.scan(floor.hub, work.id, "HB-250") == 1
    with pytest.raises(FloorError, match="1 × HB-250 is missing"):
        packing.close_boxes(floor.hub, work.id, "", BY)
    assert packing.scan(floor.hub, work.id, "HB-250") == 0
    with pytest.raises(FloorError, match="enough of it in the box already"):
        packing.scan(floor.hub, work.id, "HB-250")

    plan = packing.close_boxes(floor.hub, work.id, "", BY)
    assert [box.carton for box in plan.boxes] == ["S", "S"]
    packing.close_boxes(floor.hub, work.id, "", BY)  # pressed twice
    story.world.run()
    parcels = story.parcels(number)
    assert [parcel.weight_g for parcel in parcels] == [310, 310]
    assert len(story.labels()) == 2
    story.end_well()

    hand_over(floor.hub, parcels[0].id)
    story.world.run()
    assert story.line(number).shipped == 1
    assert story.at_shop(number)["status"] == "processing", "the other box is still here"
    hand_over(floor.hub, parcels[1].id)
    story.world.run()
    assert story.at_shop(number)["status"] == "completed"


def test_a_variant_that_shares_the_stock_of_another_is_not_taken_for_it(
    floor: Floor, story: Story
) -> None:
    story.buy("HB-250")
    story.sync()
    (work,) = floor.works()
    with floor.hub.store.unit_of_work() as unit:
        (bean,) = unit.execute(tables.variant.select().where(tables.variant.c.sku == "HB-250"))
        ground = {**bean._mapping, "id": "ground", "sku": "HB-250-GROUND"}
        unit.execute(tables.variant.insert().values(ground))
    with pytest.raises(FloorError, match="HB-250-GROUND does not belong into this box"):
        packing.scan(floor.hub, work.id, "HB-250-GROUND")
    assert packing.scan(floor.hub, work.id, "HB-250") == 0


def test_a_held_order_is_not_packed(floor: Floor, story: Story) -> None:
    floor.labels_wait_for_boxes()
    number = story.buy("HB-250")
    story.sync()
    (work,) = floor.works()
    hold_order(floor.hub, story.order(number).id, "customer calls", BY)
    with pytest.raises(FloorError, match="held"):
        packing.scan(floor.hub, work.id, "HB-250")


def test_the_list_that_is_printed_can_be_scanned(floor: Floor, story: Story) -> None:
    number = story.buy("HB-250", 2)
    story.sync()
    batch = floor.make_batch()
    stops = [task.stop for task in floor.tasks(batch)]
    made_at = story.world.clock()
    document = pick_list(batch, "MAIN", made_at, stops)
    assert document == pick_list(batch, "MAIN", made_at, stops), "same walk, same paper"
    page = pypdfium2.PdfDocument(document)[0]
    codes = {found.text for found in zxingcpp.read_barcodes(page.render(scale=3).to_pil())}
    assert codes == {batch, "HB-250"}
    assert number in page.get_textpage().get_text_bounded()


def test_missing_units_open_one_exception_however_often(floor: Floor, story: Story) -> None:
    for _ in range(2):
        story.buy("HB-250", 2)
    story.sync()
    batch = floor.make_batch()
    for task in floor.tasks(batch):
        picking.record_short(floor.hub, batch, task.position, 1, "", BY)
    story.world.run()
    kept = story.world.rows(tables.operational_exception, kind=ExceptionKind.PICK_SHORT.value)
    assert [row.times for row in kept] == [2]
