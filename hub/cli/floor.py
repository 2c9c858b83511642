"""`hub floor`: fetch, scan, pack; papers for those who walk."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.exits import ConflictError, NotFoundError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json
from hub.cli.printing import Cells, counted, print_json, print_rows, say
from hub.paper.floor import packing_slip, pick_list
from hub.paper.sheet import PAPER
from hub.reports.warehouse import OpenWork, list_batches, open_works, packed_lines, tasks_of
from hub.services.context import Hub
from hub.services.warehouse import batches, packing, picking
from hub.store.orders import find_order_id, get_order
from hub.store.people import open_parties

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The floor.")

Batch = Annotated[str, typer.Argument(help="The batch, such as B-1001.")]
Task = Annotated[int, typer.Argument(help="The number of the task in its batch.")]
Units = Annotated[int | None, typer.Option(min=1, help="How many; else all that are left.")]
Number = Annotated[str, typer.Argument(help="The order, such as NYC-1001.")]
At = Annotated[str, typer.Option(metavar="LOCATION", help="Where; else the first location.")]
Out = Annotated[Path, typer.Option(help="The PDF to write.")]
PaperSize = Annotated[str, typer.Option("--paper", help=f"{' or '.join(PAPER)}.")]

WORKS: Cells = {
    "order": lambda row: row.number, "location": lambda row: row.location,
    "state": lambda row: "held" if row.held else row.state, "units": lambda row: row.wanted,
    "picked": lambda row: row.picked, "packed": lambda row: row.packed,
    "placed": lambda row: row.placed_at,
}  # fmt: skip
BATCHES: Cells = {
    "batch": lambda row: row.number, "location": lambda row: row.location,
    "state": lambda row: row.state, "orders": lambda row: row.orders,
    "units": lambda row: row.units, "picked": lambda row: row.picked,
    "short": lambda row: row.short, "recalled": lambda row: row.recalled,
    "made": lambda row: row.created_at, "by": lambda row: row.created_by,
}  # fmt: skip
TASKS: Cells = {
    "": lambda row: row.position, "bin": lambda row: row.bin or "?", "sku": lambda row: row.sku,
    "what": lambda row: row.title, "for": lambda row: row.order, "fetch": lambda row: row.left,
    "picked": lambda row: row.picked, "short": lambda row: row.short,
    "put back": lambda row: row.to_put_back,
}  # fmt: skip


@app.command("open")
def waiting(at: Annotated[str, typer.Option(metavar="LOCATION", help="Only there.")] = "",
            as_json: Json = False) -> None:  # fmt: skip
    """List the work that has not left: what is fetched, what is packed."""
    with opened() as system, system.hub.store.reading() as database:
        rows = open_works(database, location=at)
    print_rows(rows, WORKS, as_json, "Nothing waits.")


@app.command()
def batch(
    at: At = "",
    orders: Annotated[int, typer.Option(min=1, max=500, help="Orders at most.")] = 20,
    units: Annotated[int, typer.Option(min=1, help="Units at most: what a cart carries.")] = 100,
    plan_only: Annotated[bool, typer.Option("--plan", help="Do not release it yet.")] = False,
    as_json: Json = False,
) -> None:
    """Make a batch of the oldest orders and of what lies on their way, and release it."""
    with opened() as system:
        location = batches.location_id(system.hub, at)
        number = batches.plan_batch(system.hub, location, orders, units, operator())
        if number is not None and not plan_only:
            batches.release_batch(system.hub, number)
    if as_json:
        return print_json({"batch": number, "released": number is not None and not plan_only})
    if number is None:
        return say("Nothing waits to be fetched there.")
    return say(f"{number} is {'planned' if plan_only else 'released'}; hub floor tasks {number}")


@app.command("batches")
def all_batches(
    closed: Annotated[bool, typer.Option("--closed", help="Also those that are over.")] = False,
    as_json: Json = False,
) -> None:
    """List the batches, the newest first."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_batches(database, closed)
    print_rows(rows, BATCHES, as_json, "There are no batches.")


@app.command()
def release(number: Batch, as_json: Json = False) -> None:
    """Let a planned batch be fetched."""
    with opened() as system:
        released = batches.release_batch(system.hub, number)
    if as_json:
        return print_json({"batch": number, "released": released})
    return say(f"{number} is released." if released else f"{number} was released before.")


@app.command()
def close(number: Batch, as_json: Json = False) -> None:
    """End a batch; what nobody fetched waits for the next one."""
    with opened() as system:
        left = batches.close_batch(system.hub, number)
    if as_json:
        return print_json({"batch": number, "left": left})
    return say(f"{number} is closed; {counted(left, 'unit')} wait for another batch.")


@app.command()
def tasks(number: Batch, as_json: Json = False) -> None:
    """List the stops of a batch in walking order."""
    with opened() as system, system.hub.store.reading() as database:
        rows = tasks_of(database, number)
    if not rows:
        raise NotFoundError(f"there is no batch {number}; hub floor batches lists them")
    return print_rows(rows, TASKS, as_json, "")


@app.command()
def pick(number: Batch, task: Task, units: Units = None, as_json: Json = False) -> None:
    """Record that units of a task were fetched."""
    with opened() as system:
        done = picking.record_picked(system.hub, number, task, units, operator())
    _did(as_json, number, task, done, "picked")


@app.command()
def short(
    number: Batch, task: Task, units: Units = None,
    note: Annotated[str, typer.Option(help="What was found instead.")] = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Record that units were not there: the order is served from elsewhere, somebody counts."""
    with opened() as system:
        done = picking.record_short(system.hub, number, task, units, note, operator())
    _did(as_json, number, task, done, "short")


@app.command()
def putback(number: Batch, task: Task, as_json: Json = False) -> None:
    """Record that fetched units which nobody wants any more lie on their shelf again."""
    with opened() as system:
        done = picking.record_put_back(system.hub, number, task, operator())
    _did(as_json, number, task, done, "put back")


@app.command()
def scan(
    number: Number,
    codes: Annotated[list[str], typer.Argument(help="SKU or GTIN, once for each unit.")],
    at: At = "", as_json: Json = False,
) -> None:  # fmt: skip
    """Put scanned units into the box; a wrong one is refused."""
    with opened() as system:
        work = _work(system.hub, number, at)
        left = [packing.scan(system.hub, work.id, code) for code in codes][-1]
    if as_json:
        return print_json({"order": work.number, "scanned": codes, "left": left})
    return say(f"{counted(left, 'unit')} of {work.number} still missing." if left
               else f"{work.number} is complete: hub floor pack {work.number}")  # fmt: skip


@app.command()
def pack(
    number: Number,
    carton: Annotated[str, typer.Option(help="The box you took; else the hub chooses.")] = "",
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Without a scan: nobody checked what is in it.")
    ] = False,
    at: At = "", dry_run: DryRun = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Close the boxes of an order; says which cartons, and buys labels that waited for it."""
    with opened() as system:
        hub = system.hub
        work = _work(hub, number, at)
        if dry_run:
            plan, unseen = packing.preview(hub, work.id, carton), 0
        else:
            unseen = packing.pack_unchecked(hub, work.id) if unchecked else 0
            plan = packing.close_boxes(hub, work.id, carton, operator())
    if as_json:
        return print_json({"order": work.number, "unchecked": unseen, "dry_run": dry_run,
                           **plan.to_document()})  # fmt: skip
    say(f"{work.number}: {counted(len(plan.boxes), 'box', 'boxes')}"
        f"{' would be closed' if dry_run else ''}.")  # fmt: skip
    for reason in plan.reasons:
        print(f"  {reason}")
    return None


@app.command()
def picklist(number: Batch, out: Out, paper: PaperSize = "a4", as_json: Json = False) -> None:
    """Print the stops of a batch, with bar codes."""
    with opened() as system, system.hub.store.reading() as database:
        rows = [row for row in list_batches(database, closed=True) if row.number == number]
        stops = [task.stop for task in tasks_of(database, number) if task.left]
    if not rows:
        raise NotFoundError(f"there is no batch {number}; hub floor batches lists them")
    _write(out, pick_list(number, rows[0].location, rows[0].created_at, stops, paper), as_json)


@app.command()
def slip(
    number: Number, out: Out, at: At = "", paper: PaperSize = "a4", as_json: Json = False
) -> None:
    """Print the packing slip of an order; it names the receiver."""
    with opened() as system:
        hub = system.hub
        with hub.store.reading() as database:
            order = get_order(database, find_order_id(database, number))
            works = [work.id for work in open_works(database, at, order.id)]
            lines = packed_lines(database, works)
            receiver = open_parties(database, hub.store.keyring, order.party_id).receiver
    if not lines:
        raise ConflictError(f"{number} has nothing to pack; hub orders why {number}")
    _write(out, packing_slip(order.number, receiver, lines, paper), as_json)


def _work(hub: Hub, number: str, at: str) -> OpenWork:
    with hub.store.reading() as database:
        found = open_works(database, at, find_order_id(database, number))
    if not found:
        raise ConflictError(f"{number} has no work on the floor; hub orders why {number}")
    if len(found) > 1:
        places = ", ".join(work.location for work in found)
        raise ConflictError(f"{number} is packed at {places}: say --at")
    return found[0]


def _did(as_json: bool, number: str, task: int, units: int, what: str) -> None:
    if as_json:
        return print_json({"batch": number, "task": task, "units": units, "what": what})
    return say(f"{number} task {task}: {counted(units, 'unit')} {what}.")


def _write(out: Path, document: bytes, as_json: bool) -> None:
    out.touch(mode=0o600)
    out.write_bytes(document)
    facts: dict[str, Any] = {"file": str(out), "bytes": len(document)}
    print_json(facts) if as_json else print(out)
