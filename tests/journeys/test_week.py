"""A week of the worst weather at three shops: at its end nothing differs, and it was all seen.

The gate takes one day of it; `make proof` (HUB_PROOF=1) takes the week.
"""

import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.services.vendors.connect import held_orders
from hub.services.vendors.drift import find_drift
from hub.store import tables
from hub.store.rhythm import Rhythm
from hub.store.schedules import put_schedule, set_rhythm
from hub.testing.twins import RunningTwin, running
from tests.journeys.conftest import memory_or
from tests.journeys.front_door import open_door
from tests.journeys.status_page import StatusPage
from tests.journeys.story import Story

PROOF = bool(os.environ.get("HUB_PROOF"))
STORM = timedelta(days=6 if PROOF else 1)
CALM = timedelta(days=2) if PROOF else timedelta(hours=12)
QUARTER = timedelta(hours=6)
"""Each begins calmly; after an hour every vendor is away for half an hour."""
AWAY = timedelta(hours=1, minutes=20)

SHOPS = {"NYC": "America/New_York", "BER": "Europe/Berlin", "LON": "Europe/London"}
SKUS = ("HB-250", "MUG-SET")
LATER = {"status": "on-hold", "paid": False, "payment_method": "bacs"}
RHYTHMS = {
    "pull_orders": timedelta(hours=1), "audit_webhooks": timedelta(hours=1),
    "pull_products": timedelta(hours=6), "compare_shop": timedelta(hours=6),
}  # fmt: skip
WATCH_EVERY_S = 300
ARRIVED = {"delivered"}
GONE = {"shipped", "in_transit", "delivered"}
OUTAGE = re.compile("kept failing|answered 503")


class People:
    """Customers who buy, change their minds and send things back, and staff who type numbers."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._dice = random.Random(7)
        self.bought: list[str] = []
        self.regretted: list[str] = []
        self.shrunk: list[str] = []
        self.sent_back: list[str] = []

    def live_on(self, quarter: int) -> None:
        """What happens at the shops in six hours; each day brings everything once."""
        (self._order, self._change_their_minds, self._send_back, self._type_a_number)[quarter % 4]()
        sell = SHOPS if quarter % 4 == 0 else [one for one in SHOPS if self._dice.random() < 0.5]
        self.bought += [self._story.buy(self._dice.choice(SKUS), 2, at=code) for code in sell]

    def _order(self) -> None:
        self.regretted.append(self._story.buy("HB-250", 2, at="NYC", **LATER))
        self.shrunk.append(self._story.buy("MUG-SET", 3, at="LON", **LATER))

    def _change_their_minds(self) -> None:
        self._act(self.regretted[-1], "cancel_order")
        self._act(self.shrunk[-1], "edit_order", quantities={"MUG-SET": 2})
        self._act(self.shrunk[-1], "edit_order", status="processing", set_paid=True)

    def _send_back(self) -> None:
        """One unit of an order that has left is refunded at its shop."""
        number = next(one for one in reversed(self.bought) if self._story.order(one).phase in GONE)
        (line,) = self._story.at_shop(number)["line_items"]
        amount = f"{float(line['total']) / line['quantity']:.2f}"
        lines = [{"id": line["id"], "quantity": 1, "refund_total": amount}]
        self._act(number, "refund_order", amount=amount, line_items=lines)
        self.sent_back.append(number)

    def _type_a_number(self) -> None:
        self._story.shops["BER"].action("set_stock", sku="MUG-SET", quantity=500)

    def _act(self, number: str, name: str, **given: Any) -> None:
        code, _, id = number.partition("-")
        self._story.shops[code].action(name, order_id=int(id), **given)

    def got_what_they_wanted(self) -> None:
        """Every order has gone where it should."""
        story = self._story
        assert {story.phase(number) for number in self.regretted} == {"cancelled"}
        kept = self.bought + self.shrunk
        assert {story.phase(number) for number in kept} <= (ARRIVED if PROOF else GONE)
        lines = [story.line(number) for number in kept]
        assert {(line.quantity, line.shipped) for line in lines} == {(2, 2)}
        assert {story.line(number).refunded for number in self.sent_back} == {1}
        assert {story.line(n).refunded for n in set(kept) - set(self.sent_back)} == {0}
        assert sorted(story.labels()) == sorted(kept), "one label each"


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Three shops and a carrier that live by the hub's clock, connected on a calm day."""
    with ExitStack() as ending:
        folder = ending.enter_context(memory_or(tmp_path))

        def cast(*twin: Any, **options: Any) -> Any:
            return running(*twin, clock=lambda: story.world.clock(), **options)

        story = Story(folder, ending, cast)
        ending.enter_context(open_door(story.world))
        for place, (code, zone) in enumerate(SHOPS.items()):
            story.open_shop(
                code, orders=0, only_products=",".join(SKUS), timezone=zone, second=min(place, 1),
                id_shift=place * 100_000, stock_factor=0 if place else 12,
            )  # fmt: skip
        story.open_carrier()
        for code in SHOPS:
            story.connect_shop(code)
        story.connect_carrier()
        story.world.run()
        story.world.writes_on(*SHOPS)
        story.world.run()
        _plan(story)
        yield story


@pytest.fixture
def page(story: Story) -> Iterator[StatusPage]:
    with closing(StatusPage(story.world.public_url)) as page:
        yield page


def _plan(story: Story) -> None:
    """Poll as seldom as a story of days can bear; look after the vendors as `hub serve` does."""
    shops = [story.world.hub.connection(code).id for code in SHOPS]
    with story.world.hub.store.unit_of_work() as unit:
        for name, every in RHYTHMS.items():
            for shop in shops:
                rhythm = Rhythm(every_s=int(every.total_seconds()))
                assert set_rhythm(unit, name, rhythm, "the story", shop)
        put_schedule(unit, "watch_health", "watch_health", WATCH_EVERY_S)
        put_schedule(unit, "expire_reservations", "expire_reservations", 3600)


@pytest.mark.slow
@pytest.mark.timeout(1800 if PROOF else 300)
def test_after_the_worst_week_nothing_differs_and_it_was_all_seen(
    story: Story, page: StatusPage
) -> None:
    vendors = [*story.shops.values(), story.carrier]
    for seed, vendor in enumerate(vendors):
        vendor.profile("worst", seed=seed, heals_after=STORM.total_seconds())
    people, wrong, healed = People(story), set(), set()
    for quarter in range(STORM // QUARTER):
        people.live_on(quarter)
        story.world.run_for(AWAY)
        wrong |= _told_of_the_outage(page)
        healed |= _healed(page)
        story.world.run_for(QUARTER / 2 - AWAY)
        if quarter % 4 == 1:
            story.hand_over()
        story.world.run_for(QUARTER / 2)
    story.hand_over()
    story.world.run_for(CALM)

    people.got_what_they_wanted()
    for code in SHOPS:
        assert not held_orders(story.world.hub, code)
        assert find_drift(story.world.hub, code) == []
    story.end_well()
    assert "Nothing is broken" in page.state_of_things()
    lines = page.connections()
    assert set(lines) == {*SHOPS, "CAR"} and all(" well " in line for line in lines.values()), lines
    assert wrong <= healed | _healed(page), "what was wrong has healed, and the page says so"
    assert all(one.healed_at for one in page.incidents())
    sys.stdout.write(_figures(story, vendors, len(people.bought), len(wrong)))


def _told_of_the_outage(page: StatusPage) -> set[Any]:
    """Every shop is away: the page says so, of each, in a sentence and since when."""
    lines = page.connections()
    open_now = [one for one in page.incidents() if one.healed_at is None]
    for code in SHOPS:
        assert " failing " in lines[code], lines[code]
        sentences = [one.text for one in open_now if one.connection == code]
        assert any(OUTAGE.search(text) for text in sentences), sentences
    return {(one.connection, one.opened_at) for one in open_now}


def _healed(page: StatusPage) -> set[Any]:
    """What has healed, after it began."""
    over = [one for one in page.incidents() if one.healed_at]
    assert all(one.opened_at <= one.healed_at for one in over if one.healed_at)
    return {(one.connection, one.opened_at) for one in over}


def _figures(story: Story, vendors: list[RunningTwin], orders: int, seen_open: int) -> str:
    """What it was like; `make proof` shows it."""
    faults = Counter(line.kind for vendor in vendors for line in vendor.log.faults())
    jobs = Counter(row.kind for row in story.world.rows(tables.job))
    calls = sum(len(vendor.log.answers()) for vendor in vendors)
    incidents = Counter(row.what for row in story.world.rows(tables.incident))
    return (
        f"\n{orders} orders, {jobs.total()} jobs, {calls} calls, {faults.total()} faults, "
        f"{incidents.total()} incidents, {seen_open} of them seen while they went on\n"
        f"jobs {dict(jobs)}\nfaults {dict(faults)}\nincidents {dict(incidents)}\n"
    )
