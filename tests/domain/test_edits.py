"""Edits as differences: units are given up where it costs least, and nothing else is touched."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.edits import LineChange, Work, differences, give_up


def test_a_difference_names_what_came_went_and_changed() -> None:
    known = {"1": ("TEE", 2), "2": ("MUG", 1), "3": ("CAP", 1)}
    shown = {"1": ("TEE", 1), "3": ("CAP", 1), "4": ("BAG", 5)}
    assert differences(known, shown) == (
        LineChange("1", "TEE", 2, 1), LineChange("2", "MUG", 1, 0), LineChange("4", "BAG", 0, 5),
    )  # fmt: skip


def test_idle_units_go_first_then_loose_work_then_the_fewest_labels() -> None:
    works = [
        Work("a", loose=False, units={"x": 1}),
        Work("b", loose=False, units={"x": 5}),
        Work("c", loose=True, units={"x": 2}),
    ]
    assert give_up({"x": 1}, {"x": 1}, works) == give_up({}, {}, [])
    taken = give_up({"x": 3}, {"x": 1}, works)
    assert (taken.from_loose, taken.recalled) == ({"c": {"x": 2}}, ())
    assert give_up({"x": 7}, {"x": 1}, works).recalled == ("b",)
    assert give_up({"x": 12}, {"x": 1}, works).too_late == {"x": 3}


WORKS = st.lists(
    st.tuples(
        st.booleans(), st.dictionaries(st.sampled_from("xyz"), st.integers(1, 4), max_size=3)
    ),
    max_size=4,
)
UNITS = st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9), max_size=3)


@settings(max_examples=150, deadline=None)
@given(UNITS, UNITS, WORKS)
def test_every_unit_is_given_up_once_or_named_as_too_late(
    surplus: dict[str, int], idle: dict[str, int], described: list[tuple[bool, dict[str, int]]]
) -> None:
    works = [Work(str(i), loose, units) for i, (loose, units) in enumerate(described)]
    found = give_up(surplus, idle, works)
    for line, units in surplus.items():
        loose = sum(taken.get(line, 0) for taken in found.from_loose.values())
        recalled = sum(work.units.get(line, 0) for work in works if work.id in found.recalled)
        wanted = max(0, units - idle.get(line, 0))
        missing = found.too_late.get(line, 0)
        assert loose <= wanted and loose + missing <= wanted
        assert loose + recalled + missing >= wanted
        there = sum(work.units.get(line, 0) for work in works)
        assert missing == max(0, wanted - there)
    for work in works:
        taken = found.from_loose.get(work.id, {})
        assert all(count <= work.units[line] for line, count in taken.items())
        assert not (taken and not work.loose)
