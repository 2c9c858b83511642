"""Buying: what runs short is proposed, ordered once, comes partly damaged, and still in time."""

from email import message_from_bytes

import pytest

from hub.records.address import Party
from hub.records.purchase import PriceBreak
from hub.records.stock import Bucket
from hub.services.purchasing import orders, proposals, sending, suppliers
from hub.services.purchasing.receiving import Came, receive_purchase
from hub.services.purchasing.stored import PurchaseRefusedError
from hub.services.purchasing.suppliers import ItemTerms
from hub.services.rulebooks import put_in_force
from hub.services.stock.stockroom import adjust_stock
from hub.services.work import owe
from hub.store import tables
from hub.store.ledger import new_stock_item
from hub_support.email.twin import PostOffice, post_office
from tests.journeys.conftest import on_sqlite
from tests.journeys.story import Story

GOODS = "HB-250,MUG-SET,DRIP-01"
POLICY = {"defaults": {"rule": "min_max", "minimum": 5, "maximum": 20}}


def plan(story: Story) -> None:
    """The nightly plan falls due."""
    with story.world.hub.store.unit_of_work() as unit:
        owe(unit, "plan_reorders", "")
    story.world.run()


def test_a_stock_out_is_avoided_by_a_proposal_that_became_a_partly_damaged_receipt(
    story: Story,
) -> None:
    story.open_for_business(orders=0, only_products=GOODS)
    hub = story.world.hub
    adjust_stock(hub, "MUG-SET", 4 - story.stock("MUG-SET").sellable, "counted", "count-1")
    suppliers.put_supplier(hub, "KILN", title="Kiln & Sons", currency="USD", lead_days=7)
    terms = ItemTerms("MUG-SET", (PriceBreak(units=1, price="6.40"),), pack=4)
    suppliers.put_items(hub, "KILN", [terms])
    put_in_force(hub.store, "reorder_policy", POLICY, "merchant")

    plan(story)
    (proposal,) = story.world.rows(tables.proposal)
    assert (proposal.state, proposal.quantity) == ("proposed", 16)
    (why,) = story.world.rows(tables.decision, kind="reorder")
    assert (why.document["position"], why.document["order_up_to"]) == (4, 20)
    proposals.approve_proposals(hub, [proposal.id], "merchant")
    (number,) = proposals.order_accepted(hub)
    orders.approve_purchase(hub, number, "merchant")
    sending.mark_sent(hub, number, "merchant")

    waiting = story.buy("MUG-SET", 6)  # the shop sells more than there is
    story.sync()
    assert story.phase(waiting) == "awaiting_stock" and story.labels() == []
    plan(story)
    assert len(story.world.rows(tables.proposal)) == 1, "it is on order: nobody buys it twice"

    came = [Came("MUG-SET", 12), Came("MUG-SET", 4, Bucket.DAMAGED, "broken handles")]
    done = receive_purchase(hub, number, came, "dock-1", "dock")
    assert done.new and not receive_purchase(hub, number, came, "dock-1", "dock").new
    story.world.run()
    assert story.phase(waiting) == "in_warehouse" and story.labels() == [waiting]
    assert story.shown("MUG-SET") == 4 + 12 - 6, "the shop shows the good ones only"
    (level,) = story.world.rows(
        tables.stock_level, stock_item_id=story.stock("MUG-SET").stock_item_id
    )
    assert (level.on_hand, level.unsellable) == (20, 4)
    (claim,) = story.world.rows(tables.operational_exception, kind="supply_damaged")
    assert claim.ticket_id is not None
    assert story.hand_over() == 1
    story.end_well()


# --- by mail ----------------------------------------------------------------------------------


@pytest.fixture
def office(story: Story) -> PostOffice:
    return story.entered(post_office())


def approved_order(story: Story, office: PostOffice) -> str:
    """Give the number of an approved order for mugs, at a supplier with an address."""
    story.world.also_allowed = office.hosts.split(",")
    story.world.crash()  # allowed addresses are read at the start
    story.world.connect("email", "DESK", **office.config)
    story.world.writes_on("DESK")
    hub = story.world.hub
    with hub.store.unit_of_work() as unit:
        item = new_stock_item(unit, True)
        unit.execute(
            tables.variant.insert().values(
                id="v1", sku="MUG", title="Mug", stock_item_id=item, created_at=unit.now
            )
        )
    contact = Party(name="Tilda", email="orders@kiln.example", country="GB")
    suppliers.put_supplier(hub, "KILN", contact, title="Kiln & Sons", currency="GBP")
    suppliers.put_items(hub, "KILN", [ItemTerms("MUG", (PriceBreak(units=1, price="6.40"),))])
    number = orders.create_purchase(hub, "KILN", {"MUG": 24})
    orders.approve_purchase(hub, number, "merchant")
    return number


def state_of(story: Story, number: str) -> str:
    (row,) = story.world.rows(tables.purchase_order, number=number)
    return str(row.state)


@on_sqlite
@pytest.mark.parametrize("fault", ["", "drop_after_data"])
def test_an_order_reaches_its_supplier_once_with_its_papers(
    story: Story, office: PostOffice, fault: str
) -> None:
    number = approved_order(story, office)
    if fault:
        office.faults.append(fault)  # type: ignore[arg-type]
    sending.send_purchase(story.world.hub, number)
    with pytest.raises(PurchaseRefusedError, match="on its way by mail already"):
        sending.send_purchase(story.world.hub, number)
    story.world.run()
    story.pass_time(hours=2)
    (effect,) = story.world.rows(tables.effect, kind="purchase_order")
    assert effect.key == f"purchase:{effect.subject_id}:0", "a stored key is never made anew"
    (mail,) = office.taken
    parts = message_from_bytes(mail.raw).walk()
    names = [part.get_filename() for part in parts if part.get_filename()]
    assert names == [f"{number}.pdf", f"{number}.csv"] and b"orders@kiln.example" in mail.raw
    assert state_of(story, number) == "sent"
    story.end_well()


@on_sqlite
def test_an_order_that_was_cancelled_in_time_is_never_sent(
    story: Story, office: PostOffice
) -> None:
    number = approved_order(story, office)
    sending.send_purchase(story.world.hub, number)
    orders.cancel_purchase(story.world.hub, number, "found some")
    story.world.run()
    assert office.taken == [] and state_of(story, number) == "cancelled"


@on_sqlite
def test_an_order_on_hold_is_sent_when_it_is_released(story: Story, office: PostOffice) -> None:
    number = approved_order(story, office)
    sending.send_purchase(story.world.hub, number)
    orders.hold_purchase(story.world.hub, number, "price?")
    story.world.run()
    assert office.taken == [] and state_of(story, number) == "on_hold"
    orders.release_purchase(story.world.hub, number)
    story.world.run()
    assert len(office.taken) == 1 and state_of(story, number) == "sent"
    story.end_well()
