"""A vendor is away, refuses us, or answers nonsense; nothing is lost and nobody is hammered."""

from datetime import timedelta

from hub.services.vendors.connect import resume, rotate
from hub.store import tables
from tests.journeys.story import SHOP_KEYS, Story

TINY = {"orders": 0, "only_products": "HB-250,MUG-SET"}


def test_a_shop_that_is_down_for_an_hour_catches_up(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    shop.fault("down")
    number = story.buy("HB-250")
    story.sync()
    assert not story.world.rows(tables.sales_order)
    waiting = [job.last_error_text for job in story.jobs("ready") if job.attempt]
    assert waiting and all(waiting), "the operator can read why it waits"
    story.pass_time(hours=1)
    shop.clear("down")
    story.pass_time(minutes=15)
    assert story.labels() == [number], "it shipped without anybody pressing anything"
    story.hand_over()
    story.end_well()


def test_a_shop_that_goes_down_between_label_and_news_is_told_later(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    number = story.buy("HB-250")
    story.sync()
    shop.fault("down")
    story.hand_over()
    assert not story.notes(number)
    story.pass_time(hours=1)
    shop.clear("down")
    story.pass_time(hours=1)
    assert len(story.notes(number)) == 1
    assert story.at_shop(number)["status"] == "completed"
    story.end_well()


def test_a_revoked_key_stops_the_connection_and_not_the_hub(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    story.world.poll_every(timedelta(minutes=2))
    shop.action("revoke_keys")
    number = story.buy("HB-250")
    story.pass_time(hours=1)
    (row,) = story.world.rows(tables.connection, code="NYC")
    assert row.state == "needs_auth"
    assert row.reason, "the operator is told why"
    assert {job.state for job in story.jobs("held")} == {"held"}
    refused = [line for line in shop.log.answers() if line.status == 401]
    assert 1 <= len(refused) <= 8, "a key that is refused is not tried again and again"
    story.end_well()

    before = len(shop.log.answers())
    story.pass_time(hours=6)
    assert len(shop.log.answers()) == before, "not one call while the key is known to be bad"

    shop.action("restore_keys")
    rotate(story.world.hub, "NYC", {"consumer_secret": SHOP_KEYS["secret"]})
    story.pass_time(minutes=10)
    assert story.labels() == [number]
    story.hand_over()
    story.end_well()


def test_one_refusal_is_not_yet_a_revoked_key(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    shop.fault("revoked", times=1)
    number = story.buy("HB-250")
    story.sync()
    story.pass_time(minutes=5)
    (row,) = story.world.rows(tables.connection, code="NYC")
    assert row.state == "active"
    assert story.labels() == [number]
    story.end_well()


def test_resuming_does_not_help_a_key_that_is_still_bad(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    shop.action("revoke_keys")
    story.sync()
    story.pass_time(minutes=10)
    resume(story.world.hub, "NYC")
    story.pass_time(minutes=10)
    (row,) = story.world.rows(tables.connection, code="NYC")
    assert row.state == "needs_auth"
    story.end_well()


def test_nonsense_instead_of_orders_loses_none(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    numbers = []
    for fault in ("html", "truncated", "malformed", "reset", "rate_limit"):
        numbers.append(story.buy("HB-250"))
        shop.fault(fault, path="/orders", times=2)
        story.sync()
        story.pass_time(minutes=20)
        assert sorted(story.labels()) == sorted(numbers), fault
    story.end_well()


def test_a_carrier_that_is_down_delays_the_label(story: Story) -> None:
    story.open_for_business(**TINY)
    story.carrier.fault("down")
    number = story.buy("HB-250")
    story.sync()
    assert not story.labels()
    story.carrier.clear()
    story.pass_time(hours=1)
    assert story.labels() == [number]
    story.end_well()
