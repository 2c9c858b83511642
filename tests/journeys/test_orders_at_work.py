"""Orders that rules look at, that change while they are picked, and that leave in two parcels."""

from typing import Any

from sqlalchemy import update

from hub.reports.missing import missing
from hub.reports.order_detail import order_detail
from hub.reports.why import obstacles
from hub.services.orders.splitting import split_order
from hub.services.rulebooks import put_in_force
from hub.services.vendors.connect import release_orders, resume
from hub.services.warehouse import batches, picking
from hub.store import tables
from tests.journeys.story import Story

TINY = {"orders": 0, "only_products": "HB-250,MUG-SET"}
BY = "operator ida"
SERVICE = "express"
RULES: list[dict[str, Any]] = [
    {"name": "many", "when": "units >= 5", "then": "hold", "value": "ask the customer first"},
    {"name": "mugs", "when": "'MUG-SET' in skus", "then": "tag", "value": "fragile"},
    {"name": "us", "when": "country == 'US'", "then": "set_service", "value": SERVICE},
]


def shop(story: Story, what: str, number: str, **more: Any) -> None:
    story.shops["NYC"].action(what, order_id=story.at_shop(number)["id"], **more)


def picks(story: Story) -> str:
    """Labels wait for their boxes; what is ordered is being fetched."""
    hub = story.world.hub
    number = batches.plan_batch(hub, batches.location_id(hub, ""), 20, 100, BY)
    assert number is not None
    batches.release_batch(hub, number)
    return number


def labels_wait_for_boxes(story: Story) -> None:
    with story.world.hub.store.unit_of_work() as unit:
        unit.execute(update(tables.location).values(label_when="packed"))


def outcomes(story: Story, number: str, kind: str) -> list[str]:
    rows = story.world.rows(tables.decision, kind=kind, subject_id=story.order(number).id)
    return [row.outcome for row in rows]


def test_rules_hold_tag_and_choose_and_every_firing_is_explained(story: Story) -> None:
    story.open_for_business(**TINY)
    put_in_force(story.world.hub.store, "order_rules", {"rules": RULES}, "merchant")
    small, large = story.buy("MUG-SET", 1), story.buy("HB-250", 5)
    story.sync()
    assert story.labels() == [small]
    assert story.parcels(small)[0].service == SERVICE
    assert story.holds(large) == {"policy": "ask the customer first"}
    assert outcomes(story, small, "order_rule") == ["fired: mugs", "fired: us"]

    with story.world.hub.store.reading() as database:
        told = order_detail(database, story.order(large).id)
        why = [one.what for one in obstacles(database, told)]
        lost = missing(database, "NYC-4711", story.world.hub.store.clock())
    assert "held (policy) by rule:many: ask the customer first" in why
    assert any("units >= 5 is true" in moment.detail for moment in told.timeline)
    assert "has not shown it" in lost[0].what

    release_orders(story.world.hub, [story.order(large).id], "merchant")
    story.sync()
    assert story.labels() == [small, large], "a person's release stands"
    story.end_well()


def test_an_order_cancelled_while_it_is_picked_goes_back_to_its_shelf(story: Story) -> None:
    story.open_for_business(**TINY)
    labels_wait_for_boxes(story)
    free = story.shown("HB-250")
    number = story.buy("HB-250", 3)
    story.sync()
    batch = picks(story)
    picking.record_picked(story.world.hub, batch, 1, 2, BY)
    shop(story, "cancel_order", number)
    story.sync()
    story.pass_time(minutes=5)
    assert (story.phase(number), story.shown("HB-250")) == ("cancelled", free)
    assert outcomes(story, number, "cancellation") == ["accepted"]
    assert story.labels() == [] and story.holds(number) == {}
    story.end_well()


def test_an_order_edited_while_it_is_picked_gives_up_the_difference(story: Story) -> None:
    story.open_for_business(**TINY)
    labels_wait_for_boxes(story)
    number = story.buy("HB-250", 3)
    story.sync()
    picks(story)
    (work,) = story.world.rows(tables.fulfilment_order)
    shop(story, "edit_order", number, quantities={"HB-250": 2})
    story.sync()
    assert [row.id for row in story.world.rows(tables.fulfilment_order)] == [work.id]
    assert (story.line(number).quantity, story.line(number).allocated) == (2, 2)
    (edit,) = story.world.rows(tables.order_edit)
    assert (edit.state, edit.changes[0]["before"], edit.changes[0]["after"]) == ("confirmed", 3, 2)
    story.end_well()


def test_an_order_split_below_itself_stays_one_at_the_shop(story: Story) -> None:
    story.open_for_business(**TINY)
    story.carrier.fault("revoked")
    number = story.buy("HB-250", 3)
    story.sync()
    split_order(story.world.hub, story.order(number).id, {"HB-250": 1}, "merchant")
    story.carrier.clear()
    resume(story.world.hub, "CAR")
    story.pass_time(minutes=5)
    assert story.labels() == [number, number]
    assert story.hand_over() == 2
    assert story.line(number).shipped == 3
    story.end_well()
