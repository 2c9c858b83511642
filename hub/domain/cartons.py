"""Cartonisation: which boxes the units of one parcel go into. The solver is packvium.

Its answer is the same on every machine: the search is bounded by counted work, not by a clock.
"""

from collections.abc import Iterable, Sequence
from math import prod

from packvium import (
    Container,
    Dimensions,
    EffortBudget,
    Item,
    Packer,
    PackingConfig,
    PackingResult,
)

from hub.domain.packing import parcel_weight_g
from hub.records.policy import Policy
from hub.records.warehouse import Carton, PackedBox, PackingPlan, PackLine, Size

RULE_VERSION = "cartons/1"
# packvium wraps `dataclass` in a function of its own, so mypy sees no fields.
EFFORT = EffortBudget(max_candidates_evaluated=20_000)  # type: ignore[call-arg]
NO_CLOCK_MS = 60_000
"""A fuse only; the effort ends the search long before."""
MOST_UNITS = 200
"""More units than this in one order are packed by eye."""


def cartonise(lines: Sequence[PackLine], cartons: Sequence[Carton], policy: Policy) -> PackingPlan:
    """Plan the boxes: as few as possible, and of these the smallest.

    Where a size is unknown, no carton is kept, or something fits into none, everything goes into
    one box of its own weight, and the reasons say so. Every unit is in exactly one box.
    """
    if (why_not := _not_computable(lines, cartons)) is not None:
        return PackingPlan(boxes=(_by_eye(lines, policy),), reasons=(why_not,),
                           rule_version=RULE_VERSION)  # fmt: skip
    found = solve(lines, cartons)
    kept = {carton.code: carton for carton in cartons}
    filled = [
        (kept[box.container.id], [one.instance.item.id for one in box.placements])
        for box in found.containers
    ]
    if sum(len(ids) for _, ids in filled) < sum(line.quantity for line in lines):
        reason = "no carton holds everything: choose the boxes by eye"
        return PackingPlan(boxes=(_by_eye(lines, policy),), reasons=(reason,),
                           rule_version=RULE_VERSION)  # fmt: skip
    boxes = tuple(_box(carton, ids, lines, policy) for carton, ids in filled)
    return PackingPlan(boxes=boxes, reasons=tuple(map(_sentence, boxes)), rule_version=RULE_VERSION)


def solve(lines: Sequence[PackLine], cartons: Sequence[Carton]) -> PackingResult:
    """Give the solver's own answer, with the place of every unit; every size must be known."""
    config = PackingConfig.balanced(time_limit_ms=NO_CLOCK_MS, effort_budget=EFFORT)
    return Packer(config).pack(
        items=[_item(line) for line in sorted(lines, key=lambda line: line.order_line_id)],
        containers=[_container(carton) for carton in sorted(cartons, key=lambda one: one.code)],
    )


def one_box(lines: Sequence[PackLine], carton: Carton, policy: Policy) -> PackedBox:
    """Put everything into a carton that a person chose."""
    ids = [line.order_line_id for line in lines for _ in range(line.quantity)]
    return _box(carton, ids, lines, policy)


def _not_computable(lines: Sequence[PackLine], cartons: Sequence[Carton]) -> str | None:
    if not cartons:
        return "no cartons are kept: hub cartons add says which boxes there are"
    unknown = sorted({line.sku or line.order_line_id for line in lines if line.size is None})
    if unknown:
        return f"nobody knows the size of {', '.join(unknown[:5])}"
    if sum(line.quantity for line in lines) > MOST_UNITS:
        return f"more than {MOST_UNITS} units: choose the boxes by eye"
    return None


def _item(line: PackLine) -> Item:
    assert line.size is not None
    return Item.create(
        line.order_line_id, _sides(line.size), f"{line.weight_g or 0} g", quantity=line.quantity
    )


def _container(carton: Carton) -> Container:
    limit = {} if carton.max_g is None else {"max_payload": f"{carton.max_g} g"}
    # the volume as its cost: of two boxes that do, the smaller
    return Container.create(
        carton.code, _sides(carton.inner), f"{carton.tare_g} g", cost_minor=_volume(carton), **limit
    )


def _sides(size: Size) -> Dimensions:
    return Dimensions.mm(str(size.length_mm), str(size.width_mm), str(size.height_mm))


def _volume(carton: Carton) -> int:
    return prod((carton.inner.length_mm, carton.inner.width_mm, carton.inner.height_mm)) // 1000


def _box(
    carton: Carton, ids: Iterable[str], lines: Sequence[PackLine], policy: Policy
) -> PackedBox:
    contents: dict[str, int] = {}
    for id in ids:
        contents[id] = contents.get(id, 0) + 1
    weight = {line.order_line_id: line.weight_g for line in lines}
    goods = [(units, weight[id]) for id, units in contents.items()]
    return PackedBox(
        carton=carton.code, outer=carton.inner, contents=contents,
        weight_g=parcel_weight_g(goods, policy, carton.tare_g or None),
    )  # fmt: skip


def _by_eye(lines: Sequence[PackLine], policy: Policy) -> PackedBox:
    contents: dict[str, int] = {}
    for line in lines:
        contents[line.order_line_id] = contents.get(line.order_line_id, 0) + line.quantity
    weight = parcel_weight_g([(line.quantity, line.weight_g) for line in lines], policy)
    return PackedBox(weight_g=weight, contents=contents)


def _sentence(box: PackedBox) -> str:
    units = sum(box.contents.values())
    return f"{box.carton}: {units} {'unit' if units == 1 else 'units'}, {box.weight_g} g"
