"""An effect whose answer was lost: what a second call proves of the first, and what it does not."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from hub.services.vendors.connect import switch_writes
from hub.store import tables
from hub.testing.carrier.witness import bought_twice
from tests.journeys.story import Story

LABELS = {"method": "POST", "path": "^/labels$"}


@pytest.fixture
def story(tmp_path: Path, database_url: str) -> Iterator[Story]:
    with ExitStack() as ending:
        yield Story(tmp_path, ending, database_url=database_url)


def label(story: Story) -> str:
    (effect,) = story.world.rows(tables.effect, kind="label")
    return str(effect.state)


def test_a_repeat_that_never_left_does_not_prove_that_the_first_call_failed(story: Story) -> None:
    """The carrier keeps keys for a day, and is away for longer than that."""
    story.open_for_business("key_only", orders=0, only_products="HB-250,MUG-SET")
    story.buy("HB-250")
    story.carrier.fault("timeout_after", seconds=0.0, **LABELS)
    story.sync()
    assert label(story) == "unknown"
    story.carrier.fault("rate_limit", retry_after=3600, times=None, **LABELS)
    story.pass_time(hours=30)
    story.carrier.clear("rate_limit")
    story.pass_time(hours=3)
    assert not bought_twice(story.carrier.log)
    assert len(story.labels()) == 1
    assert label(story) == "needs_operator", "the key may be forgotten: nobody may guess"


def test_an_effect_that_may_not_be_looked_for_is_given_to_a_person(story: Story) -> None:
    story.open_for_business("lookup_only", orders=0, only_products="HB-250,MUG-SET")
    story.buy("HB-250")
    story.carrier.fault("timeout_after", seconds=0.0, **LABELS)
    story.carrier.fault("refuse", status=422, times=None, method="GET", path="^/labels")
    story.sync()
    story.pass_time(hours=1)
    assert label(story) == "needs_operator"
    assert not [job for job in story.jobs("dead") if job.kind == "perform_effect"]


def test_a_parcel_that_travels_for_a_week_is_followed_to_its_end(story: Story) -> None:
    story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    story.world.poll_every(timedelta(days=30))
    day = 86_400
    steps = [{"after": 6 * day, "code": "DLV", "text": "here", "place": "Albany"}]
    story.carrier.action("script", steps=steps)
    number = story.buy("HB-250")
    story.sync()
    story.hand_over()
    story.pass_time(days=7)
    assert not story.jobs("dead")
    assert story.phase(number) == "delivered"


def test_parcels_that_left_while_writes_were_off_are_told_once_they_are_on(story: Story) -> None:
    story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    story.world.poll_every(timedelta(days=30))
    number = story.buy("HB-250")
    story.sync()
    switch_writes(story.world.hub, "NYC", False)
    story.hand_over()
    story.pass_time(days=4)
    switch_writes(story.world.hub, "NYC", True)
    story.pass_time(minutes=10)
    assert story.at_shop(number)["status"] == "completed"
    assert not story.jobs("dead")


def test_no_label_is_bought_for_an_order_cancelled_while_its_answer_was_lost(story: Story) -> None:
    story.open_for_business("lookup_only", orders=0, only_products="HB-250,MUG-SET")
    number = story.buy("HB-250")
    story.carrier.fault("error_before", **LABELS)
    story.sync()
    assert label(story) == "unknown"
    story.shops["NYC"].action("cancel_order", order_id=int(number.removeprefix("NYC-")))
    story.sync()
    story.pass_time(hours=1)
    assert not story.labels()
    assert label(story) == "refused"
    assert story.phase(number) == "cancelled"
    assert story.stock("HB-250").allocated == 0
    story.end_well()
