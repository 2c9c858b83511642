"""The landing benchmark: how fast a shop's orders become rows, as ratios within one run.

    python -m tests.benchmarks.landing --orders 20000 --out landing.json

See README.md beside this file for what is compared and how to read it.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.contender import run
from tests.benchmarks.figures import Figures
from tests.benchmarks.machine import about_machine
from tests.benchmarks.same_rows import contents
from tests.benchmarks.sample_orders import order_json
from tests.benchmarks.static_shop import serving

FEW = 2_000
"""Orders of the small run that memory is compared with."""

AIMS = {
    "hub_to_limit": 0.5,
    "hub_to_dlt": 10.0,
    "hub_second_to_first": 2.0,
    "hub_memory_flatness": 0.9,
}
"""What each ratio is to reach; all are such that more is better."""


class DifferentRowsError(AssertionError):
    """The hub and the limit did not write the same: their speeds cannot be compared."""


def measure(orders: int, runs: int, with_dlt: bool) -> dict[str, Any]:
    """Run every contender and give the whole result."""
    before = about_machine()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with serving(orders) as shop:
            hub, limit = _in_turn(shop, orders, runs, home)
            rows = _same_rows(home / "limit-0" / "hub.db", home / "hub-0" / "hub.db")
            dlt = [run("dlt", shop, orders, home / "dlt")] if with_dlt else []
        few = min(FEW, orders)
        with serving(few) as shop:
            small = run("hub", shop, few, home / "small")
    contenders = {"hub": hub, "limit": limit} | ({"dlt": dlt} if dlt else {})
    speeds = {name: _speeds(orders, figures) for name, figures in contenders.items()}
    peaks = {str(few): small.peak_mib, str(orders): median(one.peak_mib for one in hub)}
    ratios = _ratios(contenders, small.peak_mib)
    return {
        "about": {
            "orders": orders, "runs": runs, "bytes_an_order": len(order_json(orders // 2)),
            "dlt": dlt[0].about["version"] if dlt else None, **before,
            "load_at_the_end": about_machine()["load"],
        },
        "orders_per_second": speeds,
        "hub_peak_mib": {name: round(peak, 1) for name, peak in peaks.items()},
        "rows_of_hub_and_limit": rows,
        "ratios": ratios,
        "aims": {
            name: {"aim": aim, "measured": ratios[name], "met": ratios[name] >= aim}
            for name, aim in AIMS.items()
            if name in ratios
        },
        "seconds": {
            name: [{"wall": one.seconds, "cpu": one.cpu_seconds} for one in figures]
            for name, figures in contenders.items()
        },
    }  # fmt: skip


def _in_turn(shop: str, orders: int, runs: int, home: Path) -> tuple[list[Figures], list[Figures]]:
    """Run hub and limit by turns, so that a busy neighbour is borne by both."""
    hub, limit = [], []
    for turn in range(runs):
        limit.append(run("limit", shop, orders, home / f"limit-{turn}"))
        hub.append(run("hub", shop, orders, home / f"hub-{turn}"))
    return hub, limit


def _same_rows(limit: Path, hub: Path) -> dict[str, int]:
    by_limit, by_hub = contents(limit), contents(hub)
    different = [table for table in by_hub if by_hub[table] != by_limit[table]]
    if different:
        raise DifferentRowsError(f"hub and limit differ in {', '.join(different)}")
    return {table: rows for table, (rows, _) in by_hub.items()}


def _speeds(orders: int, figures: Sequence[Figures]) -> dict[str, int]:
    """Give the median orders per second of each pass."""
    return {
        name: round(orders / median(one.seconds[name] for one in figures))
        for name in figures[0].seconds
    }


def _ratios(contenders: dict[str, list[Figures]], small_peak: float) -> dict[str, float]:
    """Compare runs that were neighbours in time, and take the median of what they say."""
    hub, limit = contenders["hub"], contenders["limit"]
    turns = list(zip(hub, limit, strict=True))
    first = median(one.seconds["first"] for one in hub)
    ratios = {
        "hub_to_limit": median(two.seconds["first"] / one.seconds["first"] for one, two in turns),
        "hub_to_limit_in_cpu_time": median(
            two.cpu_seconds["first"] / one.cpu_seconds["first"] for one, two in turns
        ),
        "hub_second_to_first": median(one.seconds["first"] / one.seconds["second"] for one in hub),
        "hub_memory_flatness": small_peak / median(one.peak_mib for one in hub),
    }
    for one in contenders.get("dlt", ()):
        ratios["hub_to_dlt"] = one.seconds["first"] / first
        ratios["hub_to_dlt_in_cpu_time"] = one.cpu_seconds["first"] / median(
            two.cpu_seconds["first"] for two in hub
        )
        ratios["limit_to_dlt"] = one.seconds["first"] / median(
            two.seconds["first"] for two in limit
        )
    return {name: round(ratio, 3) for name, ratio in ratios.items()}


def _show(result: dict[str, Any]) -> None:
    for name, speed in result["orders_per_second"].items():
        print(f"{name:>6}", *(f"{which} {rate:>7,} orders/s" for which, rate in speed.items()))
    peaks = ", ".join(f"{peak} MiB at {n}" for n, peak in result["hub_peak_mib"].items())
    print(f"   hub peak memory {peaks}")
    for name, aim in result["aims"].items():
        verdict = "met" if aim["met"] else "NOT MET"
        print(f"{name:>22} {aim['measured']:6.2f}  aim {aim['aim']:<5} {verdict}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and keep the result; the exit code says whether it could be measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3, help="of hub and limit; dlt runs once")
    parser.add_argument("--without-dlt", action="store_true")
    parser.add_argument("--out", type=Path, help="where to keep the result as JSON")
    given = parser.parse_args(arguments)
    result = measure(given.orders, given.runs, with_dlt=not given.without_dlt)
    if given.out:
        given.out.write_text(json.dumps(result, indent=2) + "\n")
    _show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
