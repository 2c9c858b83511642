"""Which goods play which part: chosen once from what the shop sells, then kept in the folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub.cli.demo.commands import ask
from hub.cli.demo.stage import Stage

PLENTY, FEW = 12, 2


@dataclass(frozen=True)
class Goods:
    """SKUs, by the part they play."""

    popular: str
    """Most of it is left."""
    moved: str
    """Goes to the second location, all of it."""
    kept: str
    """Stays where it is."""
    both: str
    """Lies in both places."""
    parcel: str
    """Is lost on its way."""
    scarce: str
    """Runs short."""


def choose_goods(stage: Stage) -> Goods:
    """Choose the goods, or find what was chosen before."""
    file = stage.folder / "goods.json"
    if not file.exists():
        _keep(file, _chosen(ask("inventory", "show")))
    return Goods(**json.loads(file.read_text()))


def _chosen(items: list[Any]) -> Goods:
    counted = [one for one in items if one["tracked"] and one["sku"]]
    few = [one for one in counted if 1 <= one["available"] <= FEW]
    plenty = sorted(
        _one_of_each_product([one for one in counted if one["available"] >= PLENTY]),
        key=lambda one: (one["reserved"], -one["available"], one["sku"]),
    )
    moved, kept, both, parcel, *rest = plenty
    popular = max(rest, key=lambda one: (one["available"], one["sku"]))
    scarce = min(few, key=lambda one: (one["available"], one["reserved"], one["sku"]))
    parts = (popular, moved, kept, both, parcel, scarce)
    return Goods(*[one["sku"] for one in parts])


def _one_of_each_product(items: list[Any]) -> list[Any]:
    """Variants of one product may share their stock."""
    return list({one["title"].partition(" - ")[0]: one for one in items}.values())


def _keep(file: Path, goods: Goods) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(asdict(goods), indent=1))
    draft.replace(file)
