"""A shop that is not well is left alone, asked now and then, and served at once when it is back."""

from datetime import timedelta

from hub.store import tables
from tests.journeys.story import Story

TINY = {"orders": 0, "only_products": "HB-250,MUG-SET"}


def test_a_shop_that_is_down_is_probed_and_not_hammered(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    story.world.poll_every(timedelta(minutes=2), story.world.hub.connection("NYC").id)
    shop.fault("down")
    numbers = [story.buy("HB-250") for _ in range(3)]
    before = len(shop.log.answers())
    story.pass_time(hours=1)
    asked = len(shop.log.answers()) - before
    assert 5 <= asked <= 25, "an hour of polls and retries would be hundreds"
    (row,) = [one for one in story.world.rows(tables.pacing) if one.breaker_opened_at]
    assert row.connection_id == story.world.hub.connection("NYC").id
    assert row.breaker_reason in ("transient", "not_sent")

    shop.clear("down")
    story.pass_time(minutes=18)
    assert sorted(story.labels()) == sorted(numbers)
    assert not [one for one in story.world.rows(tables.pacing) if one.breaker_opened_at]
    story.hand_over()
    story.end_well()


def test_a_shop_that_asks_for_patience_gets_it_and_loses_nothing(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    shop.fault("rate_limit", times=3, retry_after=60)
    number = story.buy("HB-250")
    story.sync()
    story.pass_time(minutes=15)
    assert story.labels() == [number]
    assert [job.attempt for job in story.jobs("succeeded") if job.attempt > 1] == []
    story.end_well()
