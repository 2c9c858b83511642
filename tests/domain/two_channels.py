"""Two channels sell one stock: a world of events in which the push policy is tried.

As in the study this continues: 20 units and 3 more that come some time, 60 customers, 15 % of the
pushes slow, sales reported late. `HORIZON` makes it no kinder than the study's world: without
asking for orders and without compare-and-set it oversells at least as much as was measured there.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hub.domain.push_policy import Act, Seen, next_step

CHANNELS = 2
UNITS, RESTOCK, CUSTOMERS = 20, 3, 60
HORIZON = 84.0
"""Seconds in which the customers come."""

QUICK, SLOW, SLOW_SHARE = (0.05, 0.4), (1.0, 6.0), 0.15
"""How long a call takes, in seconds; slow ones may arrive after nobody waits any more."""

PATIENCE = 2.0
SETTLE = SLOW[1] + 0.01


@dataclass(frozen=True)
class Habits:
    """How the hub goes about it."""

    buffer: int = 0
    report: float = 3.0
    """Seconds within which a sale is reported."""
    compares: bool = True
    looks: bool = True
    """Whether it reads the number before it decides, and asks for orders when it moved."""
    may_guess: bool = True


@dataclass
class Channel:
    """What one channel shows and has sold, and what the hub is doing about it."""

    shown: int
    confirmed: int
    sold: list[int] = field(default_factory=list)
    busy: bool = False
    again: bool = False
    explained: bool = False
    lost: tuple[int, float] | None = None
    """The number of a push without an answer, and until when it may arrive."""


class World:
    """One run: `oversold()` units were sold that nobody had."""

    def __init__(self, seed: int, habits: Habits) -> None:
        self.dice, self.habits = random.Random(seed), habits
        self.events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.now, self.number = 0.0, 0
        start = UNITS - habits.buffer
        self.channels = [Channel(start, start) for _ in range(CHANNELS)]
        self.on_hand, self.known = UNITS, set[int]()
        self.sales = 0
        for _ in range(CUSTOMERS):
            self.at(self.dice.uniform(0, HORIZON), self.customer, self.dice.choice(self.channels))
        self.at(self.dice.uniform(0, HORIZON), self.restock)

    def oversold(self) -> int:
        while self.events:
            self.now, _, happens, about = heapq.heappop(self.events)
            happens(*about)
        return max(0, self.sales - self.on_hand)

    def at(self, moment: float, happens: Callable[..., None], *about: Any) -> None:
        self.number += 1
        heapq.heappush(self.events, (moment, self.number, happens, about))

    def soon(self, happens: Callable[..., None], *about: Any) -> None:
        self.at(self.now + self.dice.uniform(*QUICK), happens, *about)

    def customer(self, channel: Channel) -> None:
        if channel.shown > 0:
            channel.shown -= 1
            self.sales += 1
            channel.sold.append(self.sales)
            self.at(self.now + self.dice.uniform(0, self.habits.report), self.learn, {self.sales})

    def restock(self) -> None:
        self.on_hand += RESTOCK
        for channel in self.channels:
            self.owe(channel)

    def learn(self, sales: set[int]) -> None:
        if not sales <= self.known:
            self.known |= sales
            for channel in self.channels:
                self.owe(channel)

    # -- one errand to a channel, as the service runs it ---------------------------------------

    def owe(self, channel: Channel) -> None:
        channel.again = True
        if not channel.busy:
            self.begin(channel)

    def begin(self, channel: Channel) -> None:
        channel.busy, channel.again = True, False
        if self.habits.looks:
            self.soon(self.look, channel)
        else:
            self.decide(channel, channel.confirmed)

    def look(self, channel: Channel) -> None:
        self.soon(self.decide, channel, channel.shown)

    def end(self, channel: Channel) -> None:
        channel.busy = channel.explained = False
        if channel.again:
            self.begin(channel)

    def decide(self, channel: Channel, shown: int) -> None:
        wanted = max(0, self.on_hand - len(self.known) - self.habits.buffer)
        lost = channel.lost if channel.lost and self.now < channel.lost[1] else None
        step = next_step(
            Seen(
                wanted=wanted, shown=shown, explained=channel.explained,
                confirmed=channel.confirmed if self.habits.looks else None,
                unsettled=lost[0] if lost else None, may_guess=self.habits.may_guess,
            )
        )  # fmt: skip
        if step.act == Act.ASK:
            self.soon(self.read_orders, channel)
        elif step.act == Act.WAIT:
            assert lost is not None
            self.at(lost[1] + 0.001, self.owe, channel)
            channel.busy = False
        elif step.act == Act.CONFIRM:
            channel.confirmed = shown
            self.end(channel)
        else:
            self.send(channel, step.quantity, shown, step.act == Act.SEND_AND_ASK)

    def read_orders(self, channel: Channel) -> None:
        channel.explained = True
        self.soon(self.told, channel, set(channel.sold))

    def told(self, channel: Channel, sales: set[int]) -> None:
        self.learn(sales)
        self.begin(channel)

    def send(self, channel: Channel, quantity: int, expected: int, ask: bool) -> None:
        slow = self.dice.random() < SLOW_SHARE
        takes = self.dice.uniform(*(SLOW if slow else QUICK))
        answer: list[str] = []
        self.at(self.now + takes, self.arrive, channel, quantity, expected, answer)
        until = self.now + min(takes + 0.001, PATIENCE)
        self.at(until, self.answered, channel, quantity, answer, ask, self.now + SETTLE)

    def arrive(self, channel: Channel, quantity: int, expected: int, answer: list[str]) -> None:
        if self.habits.compares and channel.shown != expected:
            answer.append("stale")
        else:
            channel.shown = quantity
            answer.append("stored")

    def answered(
        self, channel: Channel, quantity: int, answer: list[str], ask: bool, settled: float
    ) -> None:
        if not answer:
            channel.lost = (quantity, settled)
            self.at(settled + 0.002, self.owe, channel)
        elif answer == ["stored"]:
            channel.confirmed = quantity
        if ask or answer == ["stale"]:
            self.soon(self.read_orders, channel)
        elif not answer and self.habits.looks:
            self.begin(channel)
        else:
            channel.confirmed = quantity
            self.end(channel)
