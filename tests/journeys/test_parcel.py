"""A paid order becomes a parcel, the customer is told, and the parcel arrives."""

from hub.services.shipping.handover import hand_over, labelled_shipments
from hub.store import tables
from tests.journeys.conftest import carried
from tests.journeys.story import Story


@carried
def test_a_paid_order_becomes_a_parcel_that_arrives(story: Story) -> None:
    shop = story.open_for_business(orders=0)
    before = story.stock("HB-250").sellable
    number = story.buy("HB-250", 2)
    story.pass_time(hours=6)  # the next poll finds it by itself

    assert story.phase(number) == "in_warehouse"
    assert story.labels() == [number]
    promise = story.stock("HB-250")
    assert (promise.sellable, promise.allocated) == (before, 2), "the units are still in the house"
    assert not story.notes(number), "nothing is announced before the parcel has left"
    story.end_well()

    assert story.hand_over() == 1
    (note,) = story.notes(number)
    (parcel,) = story.parcels(number)
    assert parcel.tracking_number in note
    assert story.at_shop(number)["status"] == "completed"
    promise = story.stock("HB-250")
    assert (promise.sellable, promise.allocated) == (before - 2, 0)
    assert story.shown("HB-250") == before - 2
    story.end_well()

    story.pass_time(hours=40)
    assert story.phase(number) == "delivered"
    codes = [row.code for row in story.world.rows(tables.tracking_event)]
    assert codes == ["accepted", "in_transit", "out_for_delivery", "delivered"]
    assert len(shop.log.effects("note_added")) == 1
    story.end_well()


def test_handing_over_twice_is_handing_over_once(story: Story) -> None:
    story.open_for_business(orders=0)
    before = story.stock("HB-250").sellable
    number = story.buy("HB-250")
    story.sync()
    (parcel,) = labelled_shipments(story.world.hub)

    assert hand_over(story.world.hub, parcel)
    assert not hand_over(story.world.hub, parcel)
    story.world.run()
    assert len(story.notes(number)) == 1
    assert story.stock("HB-250").sellable == before - 1
    story.end_well()


def test_a_parcel_of_two_lines_ships_together(story: Story) -> None:
    shop = story.open_for_business(orders=0)
    before = story.stock("HB-250").sellable
    tees = story.stock("TEE-M").sellable
    wanted = [{"sku": "HB-250", "quantity": 1}, {"sku": "TEE-M", "quantity": 1}]
    number = f"NYC-{shop.action('place_order', lines=wanted)['id']}"
    story.sync()
    story.hand_over()

    assert story.labels() == [number]
    assert len(story.notes(number)) == 1
    assert (story.shown("HB-250"), story.shown("TEE-M")) == (before - 1, tees - 1)
    story.end_well()


@carried
def test_a_paid_date_that_comes_later_sends_the_parcel_later(story: Story) -> None:
    shop = story.open_for_business(orders=0)
    number = story.buy("HB-250", status="on-hold", paid=False, payment_method="bacs")
    story.sync()
    assert story.phase(number) == "awaiting_payment"
    assert not story.labels()

    story.pass_time(days=2)
    shop.action("edit_order", order_id=story.at_shop(number)["id"], status="processing",
                set_paid=True)  # fmt: skip
    story.sync()
    assert story.labels() == [number]
    story.hand_over()
    story.end_well()
