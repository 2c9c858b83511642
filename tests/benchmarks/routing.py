"""Routing: a hundred thousand lines against the bare loop, one split against a solver, and greedy.

    python -m tests.benchmarks.routing

What is compared runs in turns in this one process, by processor time; ratios count.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from hub.domain.routing import Desk, Rules, open_desk
from hub.domain.routing.split import Prices, split
from hub.records.plan import RoutingCandidate, RoutingRequest
from hub.records.routing_policy import LocationTerms, RoutingPolicy, WhenShort
from tests.benchmarks.machine import about_machine
from tests.benchmarks.routing_set import (
    GREEDY,
    RoutingSet,
    parcels_of,
    routing_set,
    take,
)

COUNTRIES = ("US", "CA", "DE")


def bulk(lines: int, runs: int, presence: float) -> dict[str, Any]:
    """Route so many lines, three an order, over 10 locations × 50,000 items; stock goes down."""
    published = routing_set(lines // 3, items=50_000, lines=[3], presence=presence, even=True)
    took: dict[str, list[float]] = {"bare loop": [], "rule engine": []}
    parcels: dict[str, int] = {}
    for _ in range(runs):
        for name, way in (("bare loop", _bare), ("rule engine", _engine)):
            seconds, parcels[name] = way(published)
            took[name].append(seconds)
    turns = zip(took["rule engine"], took["bare loop"], strict=True)
    return {
        "lines": lines, "orders": len(published.orders), "parcels": parcels,
        "microseconds_a_line": {name: median(all_) / lines * 1e6 for name, all_ in took.items()},
        "lines_a_second": lines / median(took["rule engine"]),
        "engine_to_bare_loop": median(mine / bare for mine, bare in turns),
    }  # fmt: skip


Lines = list[tuple[str, int]]
"""(stock item, units) of each line of an order."""

Stock = dict[str, list[int]]
"""Units of each stock item by location."""


def _memory(published: RoutingSet) -> tuple[list[Lines], Stock]:
    """Lay the set out as both find it: items by their id, as the hub has them."""
    stock = {str(item): row[:] for item, row in enumerate(published.shelves)}
    return [[(str(item), units) for item, units in order] for order in published.orders], stock


def _bare(published: RoutingSet) -> tuple[float, int]:
    """The least that can be done: whole from the first location that can, else line by line.

    Gives the processor seconds, and the parcels.
    """
    orders, stock = _memory(published)
    parcels, places, started = 0, range(len(published.parcel)), time.process_time()
    for lines in orders:
        for place in places:
            for item, units in lines:
                if stock[item][place] < units:
                    break
            else:
                for item, units in lines:
                    stock[item][place] -= units
                parcels += 1
                break
        else:
            parcels += _spill(lines, stock)
    return time.process_time() - started, parcels


def _spill(lines: Lines, stock: Stock) -> int:
    used = 0
    for item, units in lines:
        shelf = stock[item]
        for place, have in enumerate(shelf):
            if have:
                taken = have if have < units else units
                shelf[place] = have - taken
                used |= 1 << place
                units -= taken
                if not units:
                    break
    return used.bit_count()


def _engine(published: RoutingSet) -> tuple[float, int]:
    """The same through the hub's desks: one for each country, the cheapest split for each order."""
    orders, stock = _memory(published)
    parcels, started = 0, time.process_time()
    desks = [desk_to(country, len(published.parcel)) for country in COUNTRIES]
    for number, lines in enumerate(orders):
        served = desks[number % len(desks)].serve(lines, stock)
        for line, place, units in served.placed:
            stock[lines[line][0]][place] -= units
        parcels += len(served.found.numbers)
    return time.process_time() - started, parcels


def desk_to(country: str, locations: int) -> Desk:
    """Open a desk as the service does: stages, terms, prices. All locations rank alike."""
    places = [
        RoutingCandidate(location_id=f"L{n}", code=f"L{n}", state="active", country="US",
                         priority=n, available={}, parcels_today=n)
        for n in range(locations)
    ]  # fmt: skip
    terms = {place.code: LocationTerms(parcels_per_day=10**6, parcel=5) for place in places}
    policy = RoutingPolicy(when_short=WhenShort.SHIP, locations=terms)
    return open_desk(RoutingRequest(lines=(), country=country, policy=policy), places, Rules())


Question = tuple[list[int], list[list[int]]]
"""(units by item, units free by item and location)."""


def questions(published: RoutingSet) -> list[Question]:
    """Give each order with the shelves of its items, none of which goes down; all can be served."""
    made = []
    for order in published.orders:
        shelves = [published.shelves[item] for item, _ in order]
        needs = [min(units, sum(row)) for (_, units), row in zip(order, shelves, strict=True)]
        made.append((needs, shelves))
    return made


def one_split(orders: int, runs: int) -> dict[str, Any]:
    """Split each order by itself over 10 locations, and let CP-SAT do it too."""
    return {f"{lines} lines": _splits(lines, orders, runs) for lines in (3, 8)}


def _splits(lines: int, orders: int, runs: int) -> dict[str, Any]:
    published = routing_set(orders, lines=[lines])
    prices, asked = Prices(published.parcel), questions(published)
    ours = [_each(asked, lambda one: split(*one, prices).found.cost) for _ in range(runs)]
    turns = zip(*(times for times, _ in ours), strict=True)
    milliseconds = sorted(median(turn) * 1e3 for turn in turns)
    figures: dict[str, Any] = {
        "mean_ms": sum(milliseconds) / orders, "p99_ms": milliseconds[orders * 99 // 100],
        "max_ms": milliseconds[-1],
    }  # fmt: skip
    if solver := _solver():
        times, costs = _each(asked, lambda one: solver(*one, published.parcel))
        figures["cp_sat_mean_ms"] = sum(times) / orders * 1e3
        figures["cp_sat_to_ours"] = figures["cp_sat_mean_ms"] / figures["mean_ms"]
        figures["same_optimum"] = costs == ours[0][1]
    return figures


def _each(
    asked: Iterable[Question], solve: Callable[[Question], int]
) -> tuple[list[float], list[int]]:
    times, costs = [], []
    for one in asked:
        started = time.perf_counter()
        costs.append(solve(one))
        times.append(time.perf_counter() - started)
    return times, costs


Solver = Callable[[Sequence[int], Sequence[Sequence[int]], Sequence[int]], int]


def _solver() -> Solver | None:
    """Give the same question put to CP-SAT with one worker; None where it is not installed."""
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        return None

    def solve(needs: Sequence[int], shelves: Sequence[Sequence[int]], parcel: Sequence[int]) -> int:
        model = cp_model.CpModel()
        used = [model.new_bool_var("") for _ in parcel]
        for need, shelf in zip(needs, shelves, strict=True):
            taken = []
            for place, have in enumerate(shelf):
                if have > 0:
                    units = model.new_int_var(0, min(have, need), "")
                    model.add(units <= min(have, need) * used[place])
                    taken.append(units)
            model.add(sum(taken) == need)
        model.minimize(sum(cost * one for cost, one in zip(parcel, used, strict=True)))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        if solver.solve(model) != cp_model.OPTIMAL:
            raise RuntimeError("the solver found no optimum")
        return round(solver.objective_value)

    return solve


def greedy(orders: int) -> dict[str, Any]:
    """Serve the published set order by order; every way meets the stock the cheapest left."""
    published = routing_set(orders)
    prices, shelves = Prices(published.parcel), [row[:] for row in published.shelves]
    parcels = dict.fromkeys(("cheapest", *(rule.__name__ for rule in GREEDY)), 0)
    points = parcels.copy()
    for order in published.orders:
        items = [item for item, _ in order]
        made = split([units for _, units in order], [shelves[item] for item in items], prices)
        ours = [(item, place, units) for item, taken in zip(items, made.taken, strict=True)
                for place, units in taken]  # fmt: skip
        ways = {rule.__name__: rule(order, shelves, published.parcel) for rule in GREEDY}
        for name, served in {"cheapest": ours, **ways}.items():
            parcels[name] += len(parcels_of(served))
            points[name] += sum(published.parcel[place] for place in parcels_of(served))
        take(shelves, ours)
    return {
        "orders": orders, "parcels": parcels, "points": points,
        "more_parcels": {name: parcels[name] / parcels["cheapest"] - 1 for name in ways},
        "more_points": {name: points[name] / points["cheapest"] - 1 for name in ways},
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep the result where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--presence", type=float, default=0.6, help="where an item lies, in bulk")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    result = {
        "bulk": bulk(given.lines, given.runs, given.presence),
        "one_split": one_split(given.orders, given.runs),
        "greedy": greedy(given.orders), "about": about_machine(),
    }  # fmt: skip
    text = json.dumps(result, indent=2)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
