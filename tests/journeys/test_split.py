"""An order leaves from two locations: two labels, two announcements, one explanation."""

from hub.domain.routing import Rules
from hub.reports.order_detail import order_detail
from hub.reports.routing import last_plans, replay
from hub.reports.why import routing_reasons
from hub.services.stock.locations import add_location
from hub.services.stock.stockroom import adjust_stock
from tests.journeys.story import Story


def test_an_order_that_no_location_has_whole_leaves_in_two_parcels(story: Story) -> None:
    story.open_for_business(orders=0, only_products="HB-250")
    hub, before = story.world.hub, story.stock("HB-250").sellable
    add_location(hub, "EAST", "East", "US", priority=200)
    adjust_stock(hub, "HB-250", 2 - before, "moved", "out", "MAIN")
    adjust_stock(hub, "HB-250", 3, "moved", "in", "EAST")
    story.sync()
    number = story.buy("HB-250", 5)
    story.sync()
    assert story.labels() == [number, number]
    assert len({parcel.location_id for parcel in story.parcels(number)}) == 2
    with hub.store.reading() as database:
        told = routing_reasons(order_detail(database, story.order(number).id))
        again = replay(last_plans(database), Rules())
    assert told[0].startswith("MAIN: 2 units, ") and told[1].startswith("EAST: 3 units")
    assert again.counts == {"same": 1}
    story.end_well()

    assert story.hand_over() == 2
    notes = story.notes(number)
    assert len(notes) == 2
    for parcel in story.parcels(number):
        assert sum(parcel.tracking_number in note for note in notes) == 1
    assert story.shown("HB-250") == 0
    assert story.line(number).shipped == 5
    story.end_well()
    story.pass_time(hours=40)
    assert story.phase(number) == "delivered"
    story.end_well()
