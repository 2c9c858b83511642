"""Cartonisation: every unit in one box, inside its walls, in no other's place."""

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.cartons import cartonise, one_box, solve
from hub.records.policy import Policy
from hub.records.warehouse import Carton, PackLine, Size

POLICY = Policy()


def size(length: int, width: int, height: int) -> Size:
    return Size(length_mm=length, width_mm=width, height_mm=height)


def carton(code: str, *sides: int, most: int | None = None) -> Carton:
    return Carton(code=code, inner=size(*sides), tare_g=80, max_g=most)


SMALL = carton("S", 200, 150, 100, most=2_000)
MIDDLE = carton("M", 300, 200, 150, most=5_000)
LARGE = carton("L", 400, 300, 250, most=15_000)
KEPT = [LARGE, SMALL, MIDDLE]


def line(id: str, units: int, *sides: int, grams: int | None = 300) -> PackLine:
    return PackLine(
        order_line_id=id, sku=id.upper(), quantity=units, weight_g=grams,
        size=size(*sides) if sides else None,
    )  # fmt: skip


def taken(plan: Any) -> list[str | None]:
    return [box.carton for box in plan.boxes]


def test_the_smallest_box_that_does_is_taken() -> None:
    assert taken(cartonise([line("mug", 1, 120, 100, 100)], KEPT, POLICY)) == ["S"]
    assert taken(cartonise([line("book", 2, 210, 140, 30)], KEPT, POLICY)) == ["M"]


def test_a_box_is_not_loaded_beyond_what_it_carries() -> None:
    iron = line("iron", 3, 60, 60, 60, grams=1_900)
    plan = cartonise([iron], KEPT, POLICY)
    assert taken(plan) == ["L"], "M carries 5 kg"
    assert plan.boxes[0].weight_g == 3 * 1_900 + 80


def test_what_needs_two_boxes_gets_two() -> None:
    plan = cartonise([line("lamp", 2, 390, 290, 240, grams=3_000)], KEPT, POLICY)
    assert taken(plan) == ["L", "L"]
    assert [box.contents for box in plan.boxes] == [{"lamp": 1}, {"lamp": 1}]


def test_an_unknown_size_is_one_box_by_eye_and_says_so() -> None:
    plan = cartonise([line("mug", 2, 90, 90, 90), line("thing", 1)], KEPT, POLICY)
    assert taken(plan) == [None]
    assert plan.boxes[0].contents == {"mug": 2, "thing": 1}
    assert plan.reasons == ("nobody knows the size of THING",)


def test_what_fits_nowhere_is_packed_by_eye() -> None:
    plan = cartonise([line("rod", 1, 900, 40, 40)], KEPT, POLICY)
    assert taken(plan) == [None]
    assert "no carton holds everything" in plan.reasons[0]


def test_no_cartons_and_great_orders_are_packed_by_eye() -> None:
    assert "hub cartons add" in cartonise([line("mug", 1, 9, 9, 9)], [], POLICY).reasons[0]
    assert "by eye" in cartonise([line("nut", 201, 9, 9, 9)], KEPT, POLICY).reasons[0]


def test_a_box_that_a_person_chose_holds_everything() -> None:
    box = one_box([line("mug", 2, 90, 90, 90), line("book", 1, 210, 140, 30)], SMALL, POLICY)
    assert (box.carton, box.contents, box.weight_g) == ("S", {"mug": 2, "book": 1}, 980)


def test_what_nobody_weighed_counts_as_the_default_parcel() -> None:
    plan = cartonise([line("feather", 1, 50, 50, 50, grams=None)], KEPT, POLICY)
    assert plan.boxes[0].weight_g == POLICY.default_package_g


SIDE = st.integers(20, 220)
LINES = st.lists(
    st.tuples(SIDE, SIDE, SIDE, st.integers(1, 3), st.integers(50, 2_500)), min_size=1, max_size=4
).map(lambda drawn: [line(f"l{at}", n, a, b, c, grams=g)
                     for at, (a, b, c, n, g) in enumerate(drawn)])  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(LINES)
def test_every_unit_lies_once_inside_a_box_and_in_no_others_place(lines: list[PackLine]) -> None:
    """The solver is young: its geometry is proved here, by arithmetic of our own."""
    found = solve(lines, KEPT)
    kept = {one.code: one for one in KEPT}
    for box in found.containers:
        placed = [(corner(one), sides(one), one) for one in box.placements]
        inner = kept[box.container.id].inner
        walls = (inner.length_mm, inner.width_mm, inner.height_mm)
        for at, extent, one in placed:
            assert all(
                a >= 0 and a + e <= wall for a, e, wall in zip(at, extent, walls, strict=True)
            )
            assert sorted(extent) == sorted(sides_of(lines, one.instance.item.id))
        for (a, ea, _), (b, eb, _) in combinations(placed, 2):
            apart = any(p + e <= q or q + f <= p for p, e, q, f in zip(a, ea, b, eb, strict=True))
            assert apart, "two units in one place"
        grams = sum(weight_of(lines, one.instance.item.id) for _, _, one in placed)
        assert grams <= (kept[box.container.id].max_g or grams)
    plan = cartonise(lines, KEPT, POLICY)
    packed: dict[str, int] = {}
    for one in plan.boxes:
        for id, units in one.contents.items():
            packed[id] = packed.get(id, 0) + units
    assert packed == {one.order_line_id: one.quantity for one in lines}
    assert plan == cartonise(lines[::-1], KEPT[::-1], POLICY), "the order of the input is no matter"


TICKS = 16_000
"""The solver counts a millimetre as so many."""


def corner(placement: Any) -> tuple[float, ...]:
    at = placement.position
    return tuple(side / TICKS for side in (at.x, at.y, at.z))


def sides(placement: Any) -> tuple[float, ...]:
    extent = placement.dimensions
    return tuple(side.ticks / TICKS for side in (extent.length, extent.width, extent.height))


def sides_of(lines: list[PackLine], id: str) -> list[int]:
    found = next(one.size for one in lines if one.order_line_id == id)
    assert found is not None
    return [found.length_mm, found.width_mm, found.height_mm]


def weight_of(lines: list[PackLine], id: str) -> int:
    return next(one.weight_g or 0 for one in lines if one.order_line_id == id)
