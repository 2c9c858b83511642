"""The answer to a purchase is lost: never two live labels, whatever the carrier offers."""

import pytest

from hub.store import tables
from hub.testing.carrier.witness import bought_twice, live_labels
from tests.journeys.conftest import carried
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


MISHAPS = (
    "no answer", "error after", "error before", "reset", "truncated", "html", "late apply",
    "stored error",
)  # fmt: skip


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_lost_answer_never_buys_a_second_label(story: Story, flavour: str) -> None:
    """One order after the other meets each mishap; each ends as one label or before a person."""
    story.open_for_business(flavour, orders=0, only_products="HB-250,MUG-SET")
    ends = {}
    for mishap in MISHAPS:
        number = story.buy("HB-250")
        go_wrong(story, mishap)
        story.sync()
        story.pass_time(minutes=40)
        ends[mishap] = how_it_ended(story, number)
    story.hand_over()

    assert not bought_twice(story.carrier.log)
    assert set(ends.values()) <= {"one label", "a person is asked"}, ends
    if flavour == "lookup_only":
        assert set(ends.values()) == {"one label"}, ends
    if flavour == "neither":
        assert ends["no answer"] == "a person is asked", "nobody may guess"
    assert len(story.shops["NYC"].log.effects("note_added")) == sum(
        end == "one label" for end in ends.values()
    )
    story.end_well()


def how_it_ended(story: Story, number: str) -> str:
    """Say where the purchase for an order stands, by the hub and by the carrier."""
    (parcel,) = story.parcels(number)
    (effect,) = story.world.rows(tables.effect, subject_id=parcel.id, kind="label")
    live = len(live_labels(story.carrier.log).get(effect.key, ()))
    if effect.state == "succeeded" and live == 1 and story.phase(number) == "in_warehouse":
        return "one label"
    if effect.state == "needs_operator" and effect.reason and live <= 1:
        return "a person is asked"
    return f"{effect.state} with {live} labels"


@carried
def test_the_customer_is_told_once_although_the_answer_was_lost(story: Story) -> None:
    shop = story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    for mishap in ("error_after", "timeout_after", "truncated", "error_before"):
        number = story.buy("HB-250")
        story.sync()
        shop.fault(mishap, method="POST", path="/notes")
        story.hand_over()
        story.pass_time(minutes=30)
        assert len(story.notes(number)) == 1, mishap
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
