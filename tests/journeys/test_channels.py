"""Two channels sell from one stock."""

from hub.services.stock.stockroom import adjust_stock
from tests.journeys.story import Story


def open_two(story: Story, only: str = "HB-250,MUG-SET") -> None:
    """Two shops with the same goods, the first one's stock counted; and a carrier."""
    story.open_shop("NYC", orders=0, only_products=only)
    story.open_shop("BER", second=1, only_products=only)
    story.open_carrier()
    for code in ("NYC", "BER"):
        story.connect_shop(code)
    story.connect_carrier()
    story.world.run()
    story.world.writes_on("NYC", "BER")
    story.world.run()


def set_stock(story: Story, sku: str, units: int) -> None:
    """Bring what is on hand to a number, as after a count of the shelf."""
    delta = units - story.stock(sku).sellable
    adjust_stock(story.world.hub, sku, delta, "counted", f"count-{sku}-{units}")
    story.world.run()


def test_the_second_channel_shows_the_stock_of_the_first(story: Story) -> None:
    open_two(story)
    assert story.shown("HB-250", "BER") == story.shown("HB-250", "NYC") == 124
    story.end_well()


def test_a_sale_on_one_channel_lowers_the_other(story: Story) -> None:
    open_two(story)
    story.buy("HB-250", 4, at="BER")
    story.sync()
    assert story.shown("HB-250", "NYC") == story.shown("HB-250", "BER") == 120
    story.hand_over()
    assert story.shown("HB-250", "NYC") == 120, "shipping sells nothing a second time"
    story.end_well()


def test_of_two_sales_of_the_last_unit_exactly_one_ships(story: Story) -> None:
    open_two(story)
    set_stock(story, "MUG-SET", 1)
    assert story.shown("MUG-SET", "NYC") == story.shown("MUG-SET", "BER") == 1
    first, second = story.buy("MUG-SET", at="NYC"), story.buy("MUG-SET", at="BER")
    story.sync()

    phases = sorted([story.phase(first), story.phase(second)])
    assert phases == ["awaiting_stock", "in_warehouse"]
    assert len(story.labels()) == 1
    assert story.shown("MUG-SET", "NYC") == story.shown("MUG-SET", "BER") == 0
    story.hand_over()
    story.end_well()

    adjust_stock(story.world.hub, "MUG-SET", 5, "delivery", "delivery-1")
    story.world.run()
    assert sorted(story.labels()) == sorted([first, second]), "the restock released the other"
    story.hand_over()
    assert story.shown("MUG-SET", "NYC") == story.shown("MUG-SET", "BER") == 4
    story.end_well()


def test_units_sold_over_the_counter_do_not_lose_an_order(story: Story) -> None:
    open_two(story)
    story.shops["BER"].action("sell", sku="HB-250", quantity=1)
    number = story.buy("HB-250", at="BER")
    story.sync()
    story.pass_time(minutes=1)
    assert story.labels() == [number]
    story.end_well()


def test_an_order_beyond_stock_lands_and_waits(story: Story) -> None:
    open_two(story)
    set_stock(story, "MUG-SET", 3)
    number = story.buy("MUG-SET", 10)
    story.sync()
    story.pass_time(minutes=1)
    assert story.phase(number) == "awaiting_stock"
    assert not story.labels()
    assert story.shown("MUG-SET", "NYC") == 3, "the shop had gone below nothing"
    story.end_well()


def test_a_number_that_staff_changed_at_a_shop_is_put_right(story: Story) -> None:
    open_two(story)
    free = story.stock("MUG-SET").sellable
    story.shops["BER"].action("set_stock", sku="MUG-SET", quantity=50)
    story.sync()
    story.pass_time(minutes=1)
    assert story.shown("MUG-SET", "BER") == free
    story.end_well()
