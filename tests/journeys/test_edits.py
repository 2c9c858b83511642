"""The shop changes or cancels an order while the hub is at work on it."""

from typing import Any

from hub.services.shipping.handover import labelled_shipments, ready_to_leave
from hub.services.vendors.connect import resume
from hub.store import tables
from tests.journeys.conftest import carried
from tests.journeys.story import Story

TINY = {"orders": 0, "only_products": "HB-250,MUG-SET"}


def edit(story: Story, number: str, **changes: Any) -> None:
    code = number.partition("-")[0]
    story.shops[code].action("edit_order", order_id=story.at_shop(number)["id"], **changes)


def cancel(story: Story, number: str) -> None:
    story.shops["NYC"].action("cancel_order", order_id=story.at_shop(number)["id"])


def test_an_order_edited_before_routing_ships_as_edited(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 5, status="on-hold", paid=False, payment_method="bacs")
    story.sync()
    assert story.line(number).reserved == 5
    edit(story, number, quantities={"HB-250": 2})
    story.sync()
    assert (story.line(number).quantity, story.line(number).reserved) == (2, 2)
    story.end_well()

    edit(story, number, status="processing", set_paid=True)
    story.sync()
    assert story.labels() == [number]
    story.hand_over()
    assert story.line(number).shipped == 2
    story.end_well()


def test_a_line_added_before_routing_ships_too(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 1, status="on-hold", paid=False, payment_method="bacs")
    story.sync()
    edit(story, number, quantities={"MUG-SET": 2})
    edit(story, number, status="processing", set_paid=True)
    story.sync()
    story.hand_over()
    order = story.order(number)
    lines = story.world.rows(tables.order_line, order_id=order.id)
    assert {line.sku: line.shipped for line in lines} == {"HB-250": 1, "MUG-SET": 2}
    story.end_well()


def test_an_order_cancelled_before_routing_gives_its_stock_back(story: Story) -> None:
    story.open_for_business(**TINY)
    free = story.shown("HB-250")
    number = story.buy("HB-250", 5, status="on-hold", paid=False, payment_method="bacs")
    story.sync()
    cancel(story, number)
    story.sync()
    story.pass_time(minutes=1)
    assert story.phase(number) == "cancelled"
    assert story.stock("HB-250").reserved == 0
    assert story.shown("HB-250") == free
    assert not story.labels()
    story.end_well()


def routed_without_label(story: Story) -> str:
    """An order that has its place in the warehouse while its carrier refuses our token."""
    story.open_for_business(**TINY)
    story.carrier.fault("revoked")
    number = story.buy("HB-250", 5)
    story.sync()
    assert story.phase(number) == "ready"
    return number


def test_an_order_cancelled_before_its_label_is_never_labelled(story: Story) -> None:
    number = routed_without_label(story)
    cancel(story, number)
    story.sync()
    story.carrier.clear()
    resume(story.world.hub, "CAR")
    story.pass_time(hours=2)
    assert story.labels() == []
    assert story.phase(number) == "cancelled"
    assert story.stock("HB-250").allocated == 0
    story.end_well()


def test_an_order_cancelled_while_nobody_knows_of_its_label_is_shown(story: Story) -> None:
    story.open_for_business(**TINY)
    story.carrier.fault("down")
    number = story.buy("HB-250", 5)
    story.sync()
    cancel(story, number)
    story.sync()
    assert "channel_request" in story.holds(number), "the label may exist: a person must look"
    story.carrier.clear()
    story.pass_time(hours=2)
    assert len(story.labels()) <= 1
    assert not story.notes(number)
    story.end_well()


def test_an_order_edited_after_routing_ships_as_edited(story: Story) -> None:
    number = routed_without_label(story)
    edit(story, number, quantities={"HB-250": 2})
    story.sync()
    assert (story.line(number).quantity, story.holds(number)) == (2, {})
    story.carrier.clear()
    resume(story.world.hub, "CAR")
    story.pass_time(minutes=5)
    assert story.labels() == [number] and story.line(number).allocated == 2
    story.end_well()


def test_an_order_edited_after_its_label_is_labelled_anew(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 5)
    story.sync()
    assert story.labels() == [number]
    edit(story, number, quantities={"HB-250": 2})
    story.sync()
    story.pass_time(minutes=5)
    assert [line.reference for line in story.carrier.log.effects("label_voided")]
    assert story.labels() == [number, number] and story.holds(number) == {}
    assert len(labelled_shipments(story.world.hub)) == 1
    story.hand_over()
    assert story.line(number).shipped == 2
    story.end_well()


@carried
def test_an_order_cancelled_after_its_label_gives_the_label_back(story: Story) -> None:
    story.open_for_business(**TINY)
    free = story.shown("HB-250")
    number = story.buy("HB-250", 5)
    story.sync()
    cancel(story, number)
    story.sync()
    story.pass_time(minutes=5)
    assert story.labels() == [number] and story.holds(number) == {}
    assert labelled_shipments(story.world.hub) == []
    assert (story.phase(number), story.shown("HB-250")) == ("cancelled", free)
    story.end_well()


def test_a_label_that_is_not_taken_back_is_a_persons_to_settle(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 5)
    story.sync()
    story.carrier.fault("refuse", status=422, times=None, method="DELETE", path="^/labels/")
    edit(story, number, quantities={"HB-250": 2})
    story.sync()
    story.pass_time(minutes=1)
    assert {"channel_request", "changed"} <= set(story.holds(number))
    assert story.labels() == [number] and len(labelled_shipments(story.world.hub)) == 1
    assert ready_to_leave(story.world.hub) == [], "what is held leaves only by its number"
    story.end_well()


def test_a_shop_that_completes_a_labelled_order_itself_waits_for_a_person(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 2)
    story.sync()
    story.shops["NYC"].action("complete_order", order_id=story.at_shop(number)["id"])
    story.sync()
    assert "channel_request" in story.holds(number)
    assert story.line(number).shipped == 0, "whether its units left, only a person can say"
    story.end_well()


def test_a_cancelled_order_that_is_revived_ships_once(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 2, status="on-hold", paid=False, payment_method="bacs")
    story.sync()
    cancel(story, number)
    story.sync()
    edit(story, number, status="processing", set_paid=True)
    story.sync()
    assert story.labels() == [number]
    story.hand_over()
    story.end_well()
