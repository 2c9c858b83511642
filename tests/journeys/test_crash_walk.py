"""The process dies at every commit and every call of the main flow; the story ends the same."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.sdk.webhooks import WebhookRequest
from hub.services.intake.receive import receive
from hub.services.orders.cancelling import ask_cancellation
from hub.services.orders.refunding import RefundPlan, ask_refund, plan_refund
from hub.services.shipping.handover import hand_over, labelled_shipments
from hub.services.vendors.listing_push import want_listing
from hub.store import tables
from tests.conftest import DATABASES
from tests.journeys.conftest import memory_or
from tests.journeys.crash_walk import SETTLED, Stage, Walk
from tests.journeys.letterbox import open_letterbox
from tests.journeys.snapshots import Databases, Files
from tests.journeys.story import HOOK_SECRET, Story

POLLS = timedelta(hours=12)
QUICK_CARRIER = [{"after": 600, "code": "ACC"}, {"after": 9 * 3600, "code": "DLV"}]


def _settle(story: Story) -> None:
    story.world.run_for(SETTLED)


def _connected(story: Story) -> set[str]:
    return {row.code for row in story.world.rows(tables.connection)}


def _first_orders(story: Story) -> None:
    story.world.start()  # the files are made by `hub init`, before anything can be lost
    story.shops["NYC"].action("place_order", lines=[{"sku": "MUG-SET", "quantity": 1}],
                              status="completed")  # fmt: skip
    story.buy("HB-250")
    story.carrier.action("script", steps=QUICK_CARRIER)


def _connect_the_shop(story: Story, _: Any) -> None:
    _connect(story, "NYC")


def _connect_the_second(story: Story, _: Any) -> None:
    _connect(story, "BER")


def _connect(story: Story, code: str) -> None:
    if code not in _connected(story):
        story.connect_shop(code)
    story.world.poll_every(POLLS)
    _settle(story)


def _connect_the_carrier(story: Story, _: Any) -> None:
    if "CAR" not in _connected(story):
        story.connect_carrier()
    story.world.writes_on("CAR")
    _settle(story)


def _write(story: Story, _: Any) -> None:
    story.world.writes_on("NYC", "BER")
    _settle(story)


def _write_to_one(story: Story, _: Any) -> None:
    story.world.writes_on("NYC")
    _settle(story)


def _release(story: Story, _: Any) -> None:
    story.release_imported()
    _settle(story)


def _sell_in_berlin(story: Story) -> datetime:
    story.buy("MUG-SET", 2, at="BER")
    (other,) = story.world.rows(tables.connection, code="NYC")
    story.world.poll_every(10 * POLLS, other.id)  # one shop's poll is what is walked through
    return story.world.clock() + POLLS


def _poll(story: Story, at: datetime) -> None:
    story.world.run_for(max(timedelta(), at - story.world.clock()))
    _settle(story)


def _change_an_order(story: Story) -> WebhookRequest:
    """A new order at the first shop, told by webhook; the letter is delivered by hand."""
    shop = story.shops["NYC"]
    with open_letterbox() as box:
        box.subscribe(shop, HOOK_SECRET, "order.created")
        story.buy("HB-250")
        return box.empty(shop)[0]


def _ring(story: Story, letter: WebhookRequest) -> None:
    (shop,) = story.world.rows(tables.connection, code="NYC")
    receive(story.world.hub, shop.hook_token, letter)
    _settle(story)


def _choose(story: Story) -> str:
    return labelled_shipments(story.world.hub)[0]


def _hand_over(story: Story, parcel: str) -> None:
    hand_over(story.world.hub, parcel)
    _settle(story)


def _arrive(story: Story, _: Any) -> None:
    story.pass_time(hours=6)


def _plan_a_refund(story: Story) -> RefundPlan:
    (delivered,) = {row.number for row in story.world.rows(tables.sales_order, phase="delivered")}
    return plan_refund(story.world.hub, delivered, amount="5.00")


def _refund(story: Story, plan: RefundPlan) -> None:
    ask_refund(story.world.hub, plan, "arrived broken", "request-1", pays_back=False)
    _settle(story)


def _sell_what_is_gone(story: Story) -> str:
    """An order comes in, and its label is bought; only then is it known that it cannot be sent."""
    number = story.buy("MUG-SET")
    story.sync("NYC")
    story.world.poll_every(10 * POLLS)  # polls were walked through before
    return number


def _cancel(story: Story, number: str) -> None:
    if story.order(number).channel_state == "open":
        ask_cancellation(story.world.hub, number, "broken in the store", "merchant")
    _settle(story)


def _publish_a_price(story: Story, _: Any) -> None:
    want_listing(story.world.hub, "HB-250", "NYC", price="19.00")
    _settle(story)


def _nothing(story: Story) -> None:
    """Nobody else does anything."""


STAGES = (
    Stage("connecting the shop", _first_orders, _connect_the_shop),
    Stage("connecting the second", _nothing, _connect_the_second),
    Stage("connecting the carrier", _nothing, _connect_the_carrier),
    Stage("writing", _nothing, _write),
    Stage("releasing", _nothing, _release),
    Stage("polling", _sell_in_berlin, _poll),
    Stage("ringing", _change_an_order, _ring),
    Stage("handing over", _choose, _hand_over),
    Stage("arriving", _nothing, _arrive),
    Stage("refunding", _plan_a_refund, _refund),
    Stage("cancelling", _sell_what_is_gone, _cancel),
    Stage("publishing a price", _nothing, _publish_a_price),
)
ONLY = {"only_products": "HB-250,MUG-SET"}


pytestmark = pytest.mark.timeout(400)  # hundreds of restarts; a busy machine needs its time


WHOLE = bool(os.environ.get("HUB_PROOF")) or len(DATABASES) == 1
"""Else every boundary is met on one of both databases, in turn; `make proof` meets all on each."""


@pytest.fixture(scope="module", params=DATABASES)
def walk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    with ExitStack() as ending:
        folder = ending.enter_context(memory_or(tmp_path_factory.mktemp("walk")))
        kept: Files | Databases = Files(folder)
        if request.param == "postgres":
            kept = Databases(folder, request.getfixturevalue("make_postgres"))
        ending.callback(kept.close)
        yield _told(folder, ending, kept)


def _told(folder: Path, ending: ExitStack, kept: Files | Databases) -> Walk:
    story = Story(folder, ending, database_url=kept.database_url)
    story.open_shop("NYC", orders=0, **ONLY)
    story.open_shop("BER", second=1, **ONLY)
    story.open_carrier()
    walk = Walk(story, STAGES, kept)
    walk.tell()
    return walk


def _mine(walk: Walk, stage: str) -> list[int]:
    """Give the boundaries that are walked through on this database."""
    places = walk.told[stage].boundaries.distinct()
    return places if WHOLE else places[_turn(walk) :: 2]


def _turn(walk: Walk) -> int:
    return 1 if walk.story.world.database_url else 0


@pytest.mark.slow
@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
def test_a_crash_at_any_boundary_changes_nothing(walk: Walk, stage: str) -> None:
    told = walk.told[stage]
    places = _mine(walk, stage)
    problems = [walk.disturb(told, [place]) for place in places]
    assert not any(problems), "\n".join(filter(None, problems))


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["polling", "handing over"])
def test_a_second_crash_while_recovering_changes_nothing(walk: Walk, stage: str) -> None:
    told = walk.told[stage]
    places = told.boundaries.distinct()[3::9]
    if not WHOLE:
        places = places[_turn(walk) :: 2]
    pairs = [[place, place + later] for place in places for later in (2, 9)]
    problems = [walk.disturb(told, pair) for pair in pairs]
    assert not any(problems), "\n".join(filter(None, problems))


def test_the_walk_meets_every_kind_of_boundary(walk: Walk) -> None:
    met = {name for told in walk.told.values() for name in told.boundaries.names}
    calls = {"POST /labels", "POST /wp-json/wc/v3/products/batch", "GET /wp-json/wc/v3/orders"}
    assert {f"after {call}" for call in calls} <= met
    assert any(name.startswith("after POST") and name.endswith("/notes") for name in met)
    assert any(name.startswith("after POST") and name.endswith("/refunds") for name in met)
    assert sum(len(told.boundaries.names) for told in walk.told.values()) > 300
    phases = {fact[2] for fact in walk.told["arriving"].end if fact[0] == "order"}
    assert phases == {"closed", "in_warehouse", "delivered"}, "the story went to its end"


@pytest.mark.slow
@pytest.mark.parametrize("flavour", ["lookup_only", "key_only"])
def test_a_crash_while_a_label_is_bought_ends_as_one_label(folder: Path, flavour: str) -> None:
    """Carriers that offer less: the purchase alone is walked through."""
    with ExitStack() as ending:
        story = Story(folder, ending)
        story.open_shop("NYC", orders=0, **ONLY)
        story.open_carrier(flavour)
        names = ("connecting the shop", "connecting the carrier", "releasing")
        stages = [stage for stage in STAGES if stage.name in names]
        stages.insert(-1, Stage("writing", _nothing, _write_to_one))
        walk = Walk(story, stages, Files(folder))
        walk.tell()
        told = walk.told["releasing"]
        problems = [walk.disturb(told, [place]) for place in told.boundaries.distinct()]
        assert not any(problems), "\n".join(filter(None, problems))
