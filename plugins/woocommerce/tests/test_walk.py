"""A walk through records that change under its feet leaves no gap."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sdk import RejectedError
from hub_woocommerce.walk import Look, Place, advance, cursor_text, paced, query, read_cursor

START = datetime.fromisoformat("2026-03-01T10:00:00")


class Records:
    """Orders by id with the second of their change, listed as WooCommerce lists them."""

    def __init__(self, seconds: dict[int, int], clock: int = 10**6, dated: bool = True) -> None:
        self.seconds, self.clock, self.dated = dict(seconds), clock, dated

    def answer(self, asked) -> tuple[list[int], Look]:
        after, before = asked.get("modified_after", ""), asked.get("modified_before", "9")
        if after:
            assert asked["dates_are_gmt"] == "true"
        kept = [n for n, at in self.seconds.items() if after < stamp(at) < before]
        # Records of one second come in any order; here in the worst one: changing by request.
        self.worst = not getattr(self, "worst", False)
        by_change = {n: (self.seconds[n], n if self.worst else -n) for n in kept}
        kept.sort(key=by_change.get if asked["orderby"] == "modified" else None)
        size = int(asked["per_page"])
        start = (int(asked.get("page", 1)) - 1) * size
        shown = kept[start : start + size]
        total = len(kept) if shown else 0
        now = stamp(self.clock) if self.dated else None
        return shown, Look([stamp(self.seconds[n]) for n in shown], total, now)


def stamp(second: int) -> str:
    return (START + timedelta(seconds=second)).isoformat()


def walk(records, cursor=None, change=lambda step: None, most=4000, size=lambda: 100):
    seen: list[int] = []
    place, last = read_cursor(cursor), False
    for step in range(most):
        place = paced(place, size())
        shown, look = records.answer(query(place))
        seen += shown
        place, last = advance(place, look)
        place = read_cursor(cursor_text(place))  # every page could be the last before a crash
        if last:
            return seen, cursor_text(place)
        change(step)
    raise AssertionError("the walk does not end")


def test_an_empty_shop_is_walked_in_one_empty_page():
    seen, cursor = walk(Records({}))
    assert seen == []
    assert read_cursor(cursor) == Place()


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250, 1000])
def test_every_record_is_seen(count):
    assert set(walk(Records({n: n for n in range(count)}))[0]) == set(range(count))


@pytest.mark.parametrize("count", [100, 101, 200, 250, 301])
@pytest.mark.parametrize("others", [0, 150])
def test_records_of_one_second_are_seen_even_when_they_fill_pages(count, others):
    seconds = {n: 50 for n in range(count)} | {count + n: n for n in range(others)}
    assert set(walk(Records(seconds))[0]) == set(seconds)


def test_a_second_walk_sees_what_came_into_the_same_second_later():
    records = Records({1: 10, 2: 10}, clock=10)
    _, cursor = walk(records)
    records.seconds[3] = 10
    assert 3 in walk(records, cursor)[0]


def test_a_second_walk_sees_what_was_stamped_before_but_stored_after():
    records = Records({1: 10, 2: 100}, clock=101)
    _, cursor = walk(records)
    records.seconds[3] = 60
    assert 3 in walk(records, cursor)[0]


def test_an_idle_shop_gives_only_its_last_second_again():
    _, cursor = walk(Records({n: n for n in range(250)}, clock=10_000))
    again, repeated = walk(Records({n: n for n in range(250)}, clock=10_000), cursor)
    assert again == [249]
    assert repeated == cursor


def test_without_the_shops_time_the_last_minute_is_read_again():
    records = Records({n: n for n in range(250)}, dated=False)
    assert len(walk(records, walk(records)[1])[0]) == 60


def test_stamps_from_the_future_hide_nothing_that_comes_before_them():
    records = Records({n: 5000 + n for n in range(250)} | {900: 3}, clock=100)
    seen, cursor = walk(records)
    assert len(set(seen)) == 251
    records.seconds[901] = 101
    assert 901 in walk(records, cursor)[0]


def test_a_walk_through_the_future_that_was_interrupted_returns_to_the_present():
    records = Records({n: 5000 + n for n in range(250)}, clock=100)

    def change(step):
        if step == 1:
            records.seconds[901] = 101
            records.clock = 900

    _, cursor = walk(records, change=change)
    assert 901 in walk(records, cursor)[0]


@pytest.mark.parametrize("steps", [(2,), (3,), (1, 2, 3)])
def test_records_that_leave_a_crowded_second_hide_no_other(steps):
    records = Records({n: 50 for n in range(350)})
    later = iter(range(1000, 2000))

    def change(step):
        if step in steps:
            for n in list(records.seconds)[:30]:
                records.seconds.pop(n)
                records.seconds[n] = next(later)

    assert set(walk(records, change=change)[0]) == set(range(350))


def test_records_that_enter_a_crowded_second_are_seen():
    records = Records({n: 50 for n in range(100, 350)}, clock=50)

    def change(step):
        if step == 2:
            records.seconds[5] = 50

    assert 5 in walk(records, change=change)[0]


def test_a_crowded_second_that_empties_meanwhile_ends_the_walk():
    records = Records({n: 50 for n in range(250)})
    assert walk(records, change=lambda step: records.seconds.clear() if step == 2 else None)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_changes_during_a_walk_nothing_is_missed(data):
    spread = data.draw(st.sampled_from([1, 2, 3, 50, 2000]))
    count = data.draw(st.integers(0, 450))
    draw_second = data.draw(st.randoms(use_true_random=False))
    records = Records({n: draw_second.randrange(spread) for n in range(count)}, clock=spread)
    present = set(records.seconds)
    most_changes = data.draw(st.integers(0, 12))

    def change(step):
        records.clock += draw_second.randrange(3)
        if step < most_changes:
            for n in draw_second.sample(sorted(present), min(len(present), 15)):
                records.seconds[n] = records.clock
            records.seconds[1000 + step] = records.clock
            present.add(1000 + step)

    sizes = data.draw(st.sampled_from([[100], [10], [10, 25, 50, 100]]))
    seen, cursor = walk(records, change=change, size=lambda: draw_second.choice(sizes))
    assert present <= set(seen)
    for n in draw_second.sample(sorted(present), min(len(present), 5)):
        records.seconds[n] = records.clock
        assert n in walk(records, cursor)[0]


@pytest.mark.parametrize("size", [10, 25, 99])
@pytest.mark.parametrize("spread", [1, 7, 1000])
def test_a_shop_asked_for_less_is_walked_as_well(size, spread):
    records = Records({n: n % spread for n in range(250)})
    seen, cursor = walk(records, size=lambda: size)
    assert set(seen) == set(range(250))
    assert "per_page" not in cursor, "which a quicker day is not to remember"


def test_pages_that_are_numbered_keep_their_size():
    numbered = Place(after="2026-03-01T10:00:00", page=2, per_page=10)
    assert paced(numbered, 100) == numbered


def test_the_shop_is_asked_for_utc_without_a_zone():
    asked = query(Place(after="2026-03-01T10:00:00"))
    assert asked["modified_after"] == "2026-03-01T10:00:00"
    assert (asked["dates_are_gmt"], asked["orderby"], asked["order"]) == ("true", "modified", "asc")


@pytest.mark.parametrize("cursor", ["", "{", "[]", '{"after":5}'])
def test_a_broken_cursor_is_refused(cursor):
    with pytest.raises(RejectedError, match="from the beginning"):
        read_cursor(cursor)


@pytest.mark.parametrize(
    "stamps",
    [[stamp(2), stamp(1)], [None] * 100, ["gestern"] * 100],
    ids=["descending", "without dates", "unreadable"],
)
def test_a_shop_that_does_not_list_by_change_is_named(stamps):
    with pytest.raises(RejectedError, match="change by change"):
        advance(Place(), Look(stamps, len(stamps), stamp(9)))
