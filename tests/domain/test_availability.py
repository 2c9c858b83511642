"""What can be sold, shown and promised."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.availability import (
    Selling,
    Standing,
    Supply,
    atp,
    kit_salable,
    promise_date,
    published,
)
from hub.records.stock import SellPolicy

DAY = datetime(2026, 3, 1, tzinfo=UTC)
UNITS = st.integers(-5, 30)
STANDING = st.builds(
    Standing, free=UNITS, waiting=st.integers(0, 30),
    selling=st.builds(Selling, st.sampled_from(SellPolicy), st.integers(0, 20)),
)  # fmt: skip
SUPPLY = st.lists(
    st.builds(Supply, st.integers(0, 9).map(lambda days: DAY + timedelta(days=days)),
              st.integers(1, 20), st.integers(0, 100)), max_size=4,
)  # fmt: skip


def soon(days: int) -> datetime:
    return DAY + timedelta(days=days)


@given(STANDING, st.integers(0, 9))
def test_a_channel_never_shows_more_than_may_be_sold_nor_less_than_nothing(
    standing: Standing, buffer: int
) -> None:
    shown = published(standing.salable, buffer)
    assert 0 <= shown <= standing.salable <= max(0, standing.free) + standing.selling.beyond


def test_beyond_stock_the_cap_counts_what_already_waits() -> None:
    back = Selling(SellPolicy.BACKORDER, 5)
    assert Standing(2, 0, back).salable == 7
    assert Standing(0, 3, back).salable == 2
    assert Standing(-2, 3, back).salable == 0
    assert Standing(2, 9, back).salable == 2
    assert Standing(2, 0, Selling(SellPolicy.DENY, 5)).salable == 2


def test_a_kit_is_as_available_as_its_scarcest_component() -> None:
    assert kit_salable([(Standing(7), 2), (Standing(9), 1)]) == 3
    assert (
        kit_salable([(Standing(7), 2), (Standing(0, 0, Selling(SellPolicy.BACKORDER, 2)), 1)]) == 2
    )


@given(STANDING, SUPPLY, st.integers(0, 9))
def test_what_can_be_promised_only_grows_with_time(
    standing: Standing, supply: list[Supply], buffer: int
) -> None:
    days = [atp(standing, buffer, supply, soon(day)) for day in range(11)]
    assert days == sorted(days) and days[0] >= 0


def test_supply_counts_as_much_as_it_is_sure() -> None:
    supply = [Supply(soon(2), 10, 50), Supply(soon(5), 10)]
    assert [atp(Standing(1, 2), 1, supply, soon(day)) for day in (0, 2, 5)] == [0, 3, 13]


def test_a_backorder_is_promised_for_the_day_its_units_come() -> None:
    back = Selling(SellPolicy.BACKORDER, 50)
    supply = [Supply(soon(5), 10), Supply(soon(2), 4)]
    assert promise_date(0, 4, back, supply) == soon(2)
    assert promise_date(3, 4, back, supply) == soon(5)
    assert promise_date(3, 4, back, supply, free=3) == soon(2)
    assert promise_date(11, 4, back, supply) is None
    assert promise_date(9, 9, Selling(SellPolicy.PREORDER, 5, soon(8)), []) == soon(8)
