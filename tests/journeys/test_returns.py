"""Goods that come back: graded and partly refunded, exchanged, found without an order."""

from typing import Any

from hub.records.returns import Grade, Resolution, ReturnReason, ReturnState
from hub.reports.returns import reasons_for
from hub.services.returns.booking import Arrival
from hub.services.returns.grade import grade
from hub.services.returns.match import match
from hub.services.returns.receive import receive, receive_orphan
from hub.services.returns.request import Wanted, request_return
from hub.services.returns.rows import StoredReturn, find_return, get_return
from hub.services.stock.locations import add_location
from hub.store import tables
from tests.journeys.story import Story

TINY = {"orders": 0, "only_products": "HB-250,MUG-SET", "paying_gateways": "stripe"}


def shipped(story: Story, sku: str = "HB-250", units: int = 2) -> str:
    """A customer has bought and got it; gives the order's number."""
    story.open_for_business(**TINY)
    (place,) = story.world.rows(tables.location)
    address = {"street": "1 Dock Rd", "city": "Albany", "postal_code": "12207"}
    add_location(story.world.hub, place.code, "Dock", "US", **address)
    number = story.buy(sku, units, payment_method="stripe")
    story.sync()
    story.hand_over()
    return number


def returned(story: Story, number: str) -> StoredReturn:
    with story.world.hub.store.reading() as database:
        return get_return(database, find_return(database, number))


def bucket(story: Story, name: str) -> int:
    return sum(row.units for row in story.world.rows(tables.stock_bucket, bucket=name))


def ask(story: Story, order: str, units: int, **said: Any) -> str:
    made = request_return(story.world.hub, order, [Wanted("HB-250", units, **said)], "ada")
    story.world.run()
    return made.number


def test_a_return_graded_a_and_b_is_partly_refunded(story: Story) -> None:
    number = shipped(story)
    free = story.shown("HB-250")
    rma = ask(story, number, 2, reason=ReturnReason.CHANGED_MIND)
    assert returned(story, rma).state() == ReturnState.LABEL_ISSUED
    assert story.labels() == [number, rma]
    assert story.notes(number)[-1].startswith(f"Your return {rma} is approved.")
    story.pass_time(hours=14)
    assert returned(story, rma).state() == ReturnState.IN_TRANSIT
    hub = story.world.hub
    receive(hub, rma, [Arrival("HB-250", 2)], "scan-1", "bo")
    assert bucket(story, "quality_control") == 2
    grade(hub, rma, "HB-250", Grade.A, 1, "bo")
    grade(hub, rma, "HB-250", Grade.B, 1, "bo")
    story.world.run()
    story.pass_time(minutes=5)
    assert bucket(story, "b_grade") == 1 and story.shown("HB-250") == free + 1
    line = story.at_shop(number)["line_items"][0]
    each = round(100 * (float(line["total"]) + float(line["total_tax"])) / 2)
    (refund,) = story.world.rows(tables.refund)
    assert (refund.state, refund.amount_minor) == ("made", each + round(0.8 * each))
    assert len(story.at_shop(number)["refunds"]) == 1
    assert returned(story, rma).state() == ReturnState.RESOLVED
    with hub.store.reading() as database:
        told = [one.kind for one in reasons_for(database, returned(story, rma).id)]
    assert told == ["return", "return_grading", "return_grading", "return_refund"]
    story.end_well()


def test_an_exchange_leaves_when_the_old_one_came_and_an_orphan_finds_its_order(
    story: Story,
) -> None:
    number = shipped(story)
    mugs = story.shown("MUG-SET")
    rma = ask(story, number, 1, resolution=Resolution.EXCHANGE, exchange_sku="MUG-SET")
    story.pass_time(minutes=5)
    assert story.shown("MUG-SET") == mugs - 1 and story.hand_over() == 0
    receive(story.world.hub, rma, [Arrival("HB-250", 1)], "scan-1", "bo")
    story.world.run()
    assert story.hand_over() == 1
    grade(story.world.hub, rma, "HB-250", Grade.A, 1, "bo")
    story.pass_time(minutes=5)
    assert story.phase(f"NYC-{rma}") == "in_transit"
    assert returned(story, rma).state() == ReturnState.RESOLVED
    orphan = receive_orphan(story.world.hub, [Arrival("HB-250", 1)], "scan-2", "bo")
    story.pass_time(minutes=5)
    assert bucket(story, "quality_control") == 1 and story.world.rows(tables.refund) == []
    match(story.world.hub, orphan, number, "ada")
    grade(story.world.hub, orphan, "HB-250", Grade.A, 1, "bo")
    story.world.run()
    assert returned(story, orphan).state() == ReturnState.RESOLVED
    assert [row.state for row in story.world.rows(tables.refund)] == ["made"]
    story.end_well()
