"""Picking: what goes into one walk, and in which order the bins are walked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.picking import OpenWork, batch_state, bin_key, choose
from hub.records.warehouse import BatchState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def work(id: str, minutes: int, units: int = 1, *stops: str) -> OpenWork:
    return OpenWork(id, NOON + timedelta(minutes=minutes), units, frozenset(stops or ("A-1",)))


def ids(chosen: list[OpenWork]) -> list[str]:
    return [one.id for one in chosen]


def test_the_oldest_order_goes_first_and_takes_along_what_lies_on_its_way() -> None:
    oldest = work("oldest", 0, 1, "A-1", "B-7")
    elsewhere = work("elsewhere", 1, 1, "C-9")
    on_the_way = work("on_the_way", 2, 1, "B-7")
    assert ids(choose([elsewhere, on_the_way, oldest], 2, 10)) == ["oldest", "on_the_way"]


def test_a_cart_is_not_filled_beyond_what_it_carries() -> None:
    waiting = [work("a", 0, 6), work("too_much", 1, 5), work("fits", 2, 4)]
    assert ids(choose(waiting, 9, 10)) == ["a", "fits"]


def test_an_order_greater_than_the_cart_is_fetched_alone_and_not_left_for_ever() -> None:
    assert ids(choose([work("huge", 0, 500), work("small", 1)], 9, 100)) == ["huge"]


def test_nothing_waiting_makes_no_batch() -> None:
    assert choose([], 20, 100) == []


WORKS = st.lists(
    st.builds(
        work,
        st.uuids().map(str),
        st.integers(0, 99),
        st.integers(1, 30),
        st.sampled_from(["A-1", "A-2", "B-1", ""]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(WORKS, st.integers(1, 6), st.integers(1, 60))
def test_a_batch_holds_the_oldest_nothing_twice_and_no_more_than_allowed(
    waiting: list[OpenWork], orders: int, units: int
) -> None:
    chosen = choose(waiting, orders, units)
    assert len({one.id for one in chosen}) == len(chosen) <= orders
    assert sum(one.units for one in chosen[1:]) <= max(0, units - chosen[0].units if chosen else 0)
    if waiting:
        assert chosen[0] == min(waiting, key=lambda one: (one.placed_at, one.id))
    assert chosen == choose(waiting[::-1], orders, units), "the order of the input does not matter"


def test_bins_are_walked_as_people_read_them() -> None:
    codes = ["B-1", "A-10", "", "a-2", "A-2-1"]
    assert sorted(codes, key=bin_key) == ["a-2", "A-2-1", "A-10", "B-1", ""]


def test_a_bin_with_a_number_in_the_walk_goes_by_that() -> None:
    walk = {"Z-1": 1, "A-1": 2, "M-5": None}
    assert sorted(walk, key=lambda code: bin_key(code, walk[code])) == ["Z-1", "A-1", "M-5"]


def test_a_batch_is_what_its_facts_say() -> None:
    assert batch_state(False, False, 5, 0, False) == BatchState.PLANNED
    assert batch_state(True, False, 5, 0, False) == BatchState.RELEASED
    assert batch_state(True, False, 5, 2, True) == BatchState.PICKING
    assert batch_state(True, False, 5, 5, True) == BatchState.PICKED
    assert batch_state(True, True, 5, 2, True) == BatchState.CLOSED
