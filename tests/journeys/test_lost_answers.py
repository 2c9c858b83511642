"""The answer to a purchase is lost: never two live labels, whatever the carrier offers."""

import pytest

from hub.store import tables
from hub.testing.carrier.witness import bought_twice, live_labels
from tests.journeys.story import Story

FLAVOURS = ("key_and_lookup", "key_only", "lookup_only", "neither")
LABELS = {"method": "POST", "path": "^/labels$"}


def go_wrong(story: Story, mishap: str) -> None:
    """Let the next purchase go wrong in one of the ways purchases do."""
    if mishap == "late apply":
        story.carrier.action("late_apply", seconds=240)
    elif mishap == "stored error":
        story.carrier.action("stored_error", status=500, applied=True)
    elif mishap == "no answer":
        story.carrier.fault("timeout_after", seconds=0.0, **LABELS)
    else:
        story.carrier.fault(mishap.replace(" ", "_"), **LABELS)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "mishap",
    ["no answer", "error after", "error before", "reset", "truncated", "html", "late apply",
     "stored error"],
)  # fmt: skip
def test_a_lost_answer_never_buys_a_second_label(story: Story, flavour: str, mishap: str) -> None:
    story.open_for_business(flavour, orders=0, only_products="HB-250,MUG-SET")
    number = story.buy("HB-250")
    go_wrong(story, mishap)
    story.sync()
    story.pass_time(hours=2)

    assert not bought_twice(story.carrier.log)
    (effect,) = story.world.rows(tables.effect)
    live = live_labels(story.carrier.log)
    if effect.state == "succeeded":
        assert len(live) == 1
        assert story.phase(number) == "in_warehouse"
        story.hand_over()
        assert len(story.notes(number)) == 1
    else:
        assert effect.state == "needs_operator", "nobody may guess, and somebody must know"
        assert effect.reason
        assert len(live) <= 1
        assert not story.notes(number)
    story.end_well()


@pytest.mark.parametrize("mishap", ["no answer", "error before", "late apply"])
def test_with_look_up_a_lost_answer_ends_as_one_label(story: Story, mishap: str) -> None:
    story.open_for_business("lookup_only", orders=0, only_products="HB-250,MUG-SET")
    number = story.buy("HB-250")
    go_wrong(story, mishap)
    story.sync()
    story.pass_time(hours=2)
    assert story.labels() == [number]
    assert story.phase(number) == "in_warehouse"
    story.end_well()


@pytest.mark.parametrize("mishap", ["error_after", "timeout_after", "truncated", "error_before"])
def test_the_customer_is_told_once_although_the_answer_was_lost(
    story: Story, mishap: str
) -> None:
    shop = story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    number = story.buy("HB-250")
    story.sync()
    shop.fault(mishap, method="POST", path="/notes")
    story.hand_over()
    story.pass_time(hours=1)
    assert len(story.notes(number)) == 1
    assert story.at_shop(number)["status"] == "completed"
    story.end_well()


def test_a_refused_label_holds_the_order_until_somebody_mends_it(story: Story) -> None:
    shop = story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    number = story.buy("HB-250")
    story.carrier.fault("refuse", status=422, body='{"error": {"code": "weight", "message": "no"}}',
                        **LABELS)  # fmt: skip
    story.sync()
    assert story.phase(number) == "on_hold"
    (note,) = story.holds(number).values()
    assert "refused" in note
    assert not story.labels()
    story.end_well()

    story.release_imported(number)
    story.pass_time(minutes=30)
    assert story.labels() == [number], "released, the label is asked for again"
    story.hand_over()
    assert len(shop.log.effects("note_added")) == 1
    story.end_well()
