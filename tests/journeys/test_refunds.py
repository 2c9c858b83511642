"""Money given back at the shop or by the hub; orders the hub cancels, products the shop loses."""

from hub.services.orders.cancelling import ask_cancellation
from hub.services.orders.refunding import ask_refund, plan_refund
from hub.services.shipping.handover import labelled_shipments
from hub.services.vendors.drift import find_drift
from hub.services.work import owe
from hub.store import tables
from tests.journeys.conftest import carried
from tests.journeys.story import Story

TINY = {"orders": 0, "only_products": "HB-250,MUG-SET"}


def refund_there(story: Story, number: str, units: int) -> None:
    """The shop gives back some units of an order's only line."""
    shown = story.at_shop(number)
    (line,) = shown["line_items"]
    each = float(line["total"]) / line["quantity"]
    amount = f"{each * units:.2f}"
    lines = [{"id": line["id"], "quantity": units, "refund_total": amount}]
    shop = story.shops["NYC"]
    shop.action("refund_order", order_id=shown["id"], amount=amount, line_items=lines)


def compare(story: Story) -> None:
    shop = story.world.hub.connection("NYC").id
    with story.world.hub.store.unit_of_work() as unit:
        owe(unit, "compare_shop", shop, shop)
    story.pass_time(minutes=1)


@carried
def test_what_was_refunded_before_it_left_is_not_shipped(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 3, status="on-hold", paid=False, payment_method="bacs")
    story.sync()
    refund_there(story, number, 1)
    story.shops["NYC"].action(
        "edit_order", order_id=story.at_shop(number)["id"], status="processing", set_paid=True
    )
    story.sync()
    story.pass_time(minutes=5)
    assert (story.line(number).refunded, story.line(number).cancelled) == (1, 1)
    story.hand_over()
    assert story.line(number).shipped == 2
    story.end_well()


@carried
def test_a_refund_of_ours_is_made_once_though_its_answer_was_lost(story: Story) -> None:
    story.open_for_business(**TINY)
    number = story.buy("HB-250", 2)
    story.sync()
    story.hand_over()
    path = {"method": "POST", "path": "/refunds$"}
    story.shops["NYC"].fault("timeout_after", seconds=0.0, **path)
    plan = plan_refund(story.world.hub, number, units={"HB-250": 1})
    ask_refund(story.world.hub, plan, "one arrived broken", "request-1", pays_back=False)
    story.world.run()
    story.pass_time(hours=1)
    (effect,) = story.world.rows(tables.effect, kind="refund")
    assert (effect.state, effect.sends) == ("succeeded", 1)
    (row,) = story.world.rows(tables.refund)
    assert (row.state, row.amount_minor) == ("made", plan.amount_minor)
    assert len(story.at_shop(number)["refunds"]) == 1
    order = story.order(number)
    assert (order.refunded_minor, order.refund_reserved_minor) == (plan.amount_minor, 0)
    story.end_well()


@carried
def test_an_order_is_cancelled_at_its_shop_and_everything_comes_back(story: Story) -> None:
    story.open_for_business(**TINY)
    free = story.shown("HB-250")
    number = story.buy("HB-250", 2)
    story.sync()
    ask_cancellation(story.world.hub, number, "bought twice", "ada")
    story.world.run()
    story.pass_time(minutes=5)
    assert story.at_shop(number)["status"] == "cancelled"
    assert labelled_shipments(story.world.hub) == [] and story.phase(number) == "cancelled"
    story.sync()
    story.pass_time(minutes=5)
    assert story.shown("HB-250") == free
    story.end_well()


def test_a_product_deleted_in_silence_is_found_and_drift_ends_empty(story: Story) -> None:
    story.open_for_business(**TINY)
    story.shops["NYC"].action("delete_product", sku="MUG-SET")
    compare(story)
    states = {row.sku: row.state for row in story.world.rows(tables.listing)}
    assert (states["MUG-SET"], states["HB-250"]) == ("ended", "live")
    assert find_drift(story.world.hub, "NYC") == []
    story.end_well()
