"""What kits are made of, and how many of them there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.kits import KitCycleError, begun_kits, flattened, whole_kits

PARTS = {"gift": {"set": 1, "card": 1}, "set": {"mug": 2, "tea": 1}, "mug-box": {"mug": 6}}


def test_a_kit_in_a_kit_is_opened_to_the_last_component() -> None:
    assert flattened("gift", PARTS) == {"mug": 2, "tea": 1, "card": 1}
    assert flattened("mug-box", PARTS) == {"mug": 6}


@pytest.mark.parametrize("parts", [{"a": {"a": 1}}, {"a": {"b": 1}, "b": {"c": 1}, "c": {"a": 2}}])
def test_no_kit_is_inside_itself(parts: dict[str, dict[str, int]]) -> None:
    with pytest.raises(KitCycleError):
        flattened("a", parts)


UNITS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5)), min_size=1)


@given(UNITS)
def test_whole_kits_take_no_more_than_there_is_and_leave_less_than_one(
    parts: list[tuple[int, int]],
) -> None:
    kits = whole_kits(parts)
    assert all(kits * each <= units for units, each in parts)
    assert any((kits + 1) * each > units for units, each in parts)
    assert begun_kits(parts) >= kits


def test_of_nothing_no_kit_is_made() -> None:
    assert whole_kits([]) == 0
    assert whole_kits([(-3, 1)]) == 0
