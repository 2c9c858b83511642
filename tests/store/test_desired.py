"""Desired state: the latest wish wins, and what is confirmed never goes back."""

import pytest

from hub.store import tables
from hub.store.desired import (
    STOCK,
    TRACKING,
    Wish,
    confirm,
    mark_sent,
    open_wishes,
    refuse,
    retry_refused,
    want,
)
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, connect, one_row


class Channel:
    """One channel's wishes for stock."""

    def __init__(self, store: Store) -> None:
        self.store, self.id = store, connect(store)

    def want(self, *targets: str) -> None:
        with self.store.unit_of_work() as unit:
            want(unit, self.id, STOCK, targets)

    def open(self, limit: int = 100) -> list[Wish]:
        with self.store.reading() as database:
            return open_wishes(database, self.id, STOCK, limit)

    def confirm(self, wish: Wish, value: str) -> bool:
        with self.store.unit_of_work() as unit:
            return confirm(unit, self.id, STOCK, wish, value)

    def refuse(self, wish: Wish, problem: str = "no such product") -> None:
        with self.store.unit_of_work() as unit:
            refuse(unit, self.id, STOCK, wish, problem)

    def row(self, target: str = "tee"):  # type: ignore[no-untyped-def]
        return one_row(self.store, tables.desired, target=target)


@pytest.fixture
def channel(store: Store) -> Channel:
    return Channel(store)


def test_many_changes_are_one_wish_with_the_newest_version(channel: Channel) -> None:
    for _ in range(3):
        channel.want("tee")
    (wish,) = channel.open()
    assert (wish.target, wish.version) == ("tee", 3)


def test_a_confirmed_wish_is_open_no_more_until_something_changes(channel: Channel) -> None:
    channel.want("tee")
    assert channel.confirm(channel.open()[0], "5")
    assert channel.open() == []
    assert (channel.row().confirmed_value, channel.row().confirmed_version) == ("5", 1)
    channel.want("tee")
    assert [wish.version for wish in channel.open()] == [2]


def test_a_confirmation_that_comes_late_changes_nothing(channel: Channel) -> None:
    channel.want("tee")
    (old,) = channel.open()
    channel.want("tee")
    (new,) = channel.open()
    assert channel.confirm(new, "3")
    assert not channel.confirm(old, "9")
    assert not channel.confirm(new, "3")
    assert (channel.row().confirmed_value, channel.row().confirmed_version) == ("3", 2)


def test_a_change_during_the_push_keeps_the_wish_open(channel: Channel) -> None:
    channel.want("tee")
    (pushed,) = channel.open()
    channel.want("tee")
    assert channel.confirm(pushed, "5")
    assert [wish.version for wish in channel.open()] == [2]


def test_what_was_sent_is_kept_for_ever(channel: Channel, clock: SettableClock) -> None:
    channel.want("tee")
    with channel.store.unit_of_work() as unit:
        mark_sent(unit, channel.id, STOCK, [(channel.open()[0], "5")])
    (published,) = all_rows(channel.store, tables.published)
    assert (published.target, published.value, published.version) == ("tee", "5", 1)
    assert (channel.row().sent_value, channel.row().sent_version) == ("5", 1)


def test_a_refused_wish_waits_with_its_reason(channel: Channel) -> None:
    channel.want("tee", "mug")
    tee = next(wish for wish in channel.open() if wish.target == "tee")
    channel.refuse(tee, "no such product " * 100)
    assert [wish.target for wish in channel.open()] == ["mug"]
    assert channel.row().problem.startswith("no such product")
    assert len(channel.row().problem) == 500


def test_a_refused_wish_is_tried_again_when_the_target_changes(channel: Channel) -> None:
    channel.want("tee")
    channel.refuse(channel.open()[0])
    channel.want("tee")
    assert [(wish.target, wish.version) for wish in channel.open()] == [("tee", 2)]


def test_a_refusal_of_an_old_value_does_not_stop_the_new_one(channel: Channel) -> None:
    channel.want("tee")
    (old,) = channel.open()
    channel.want("tee")
    channel.refuse(old)
    assert [wish.version for wish in channel.open()] == [2]


def test_a_person_may_have_everything_refused_tried_again(channel: Channel) -> None:
    channel.want("tee", "mug")
    for wish in channel.open():
        channel.refuse(wish)
    with channel.store.unit_of_work() as unit:
        assert retry_refused(unit, channel.id) == 2
    assert len(channel.open()) == 2


def test_the_oldest_change_goes_first_and_a_batch_is_no_longer_than_asked(
    channel: Channel, clock: SettableClock
) -> None:
    for target in ("tee", "mug", "cap", "tee"):
        clock.advance(1)
        channel.want(target)
    assert [wish.target for wish in channel.open(2)] == ["mug", "cap"]


def test_fields_and_channels_do_not_touch_each_other(channel: Channel) -> None:
    other = connect(channel.store, "LON")
    channel.want("tee")
    with channel.store.unit_of_work() as unit:
        want(unit, channel.id, TRACKING, ["tee"])
        want(unit, other, STOCK, ["tee"])
    channel.confirm(channel.open()[0], "5")
    with channel.store.reading() as database:
        assert len(open_wishes(database, channel.id, TRACKING, 9)) == 1
        assert len(open_wishes(database, other, STOCK, 9)) == 1
