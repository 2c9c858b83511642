"""`hub orders why`: from facts, why an order is not shipped, or where one is that nobody finds."""

from collections.abc import Sequence

from hub.cli.exits import NotFoundError
from hub.cli.opening import opened
from hub.cli.options import Json
from hub.cli.order_work import Number
from hub.cli.printing import Cells, print_json, print_table, say
from hub.reports.missing import missing
from hub.reports.order_detail import order_detail
from hub.reports.why import Obstacle, obstacles, routing_reasons
from hub.store.orders import AmbiguousOrderError, UnknownOrderError, find_order_id

OBSTACLES: Cells = {"because": lambda row: row.what, "then": lambda row: row.remedy}


def why(number: Number, as_json: Json = False) -> None:
    """Say why an order is not shipped, or is missing, and what would change that."""
    with opened() as system, system.hub.store.reading() as database:
        try:
            order = order_detail(database, find_order_id(database, number))
        except AmbiguousOrderError:
            raise
        except UnknownOrderError as error:
            traces = missing(database, number, system.hub.store.clock())
            _print_missing(number, traces, as_json)
            raise NotFoundError(f"there is no order {number}; this may be why") from error
        against = obstacles(database, order)
    routed = routing_reasons(order)
    if as_json:
        return print_json({"order": order.number, "phase": order.phase, "obstacles": against,
                           "routing": routed})  # fmt: skip
    print(f"{order.number} is {order.phase.replace('_', ' ')}.")
    for reason in routed:
        print(f"  routed: {reason}")
    if against:
        return print_table(against, OBSTACLES)
    over = all(line.open == 0 for line in order.lines)
    return say("Nothing is left to ship." if over else "Nothing stands against it.")


def _print_missing(number: str, traces: Sequence[Obstacle], as_json: bool) -> None:
    if as_json:
        print_json({"order": number, "known": False, "traces": traces})
    else:
        print_table(traces, OBSTACLES)
