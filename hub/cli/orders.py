"""`hub orders`: daily work with orders."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.exits import ConflictError, Exit, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json, Limit, Reveal, Yes
from hub.cli.order_changes import cancel, refund
from hub.cli.order_page import print_order, who
from hub.cli.printing import Cells, counted, print_json, print_rows, print_table, say, sure
from hub.records.order import Phase
from hub.reports.labels import PrintedLabel, labels_of
from hub.reports.order_detail import order_detail
from hub.reports.orders import OrderFilter, list_orders
from hub.reports.why import obstacles, routing_reasons
from hub.services.context import Hub
from hub.services.orders.resolve import hold_order
from hub.services.shipping.handover import hand_over, labelled_shipments, ready_to_leave
from hub.services.vendors import connect as connecting
from hub.store.orders import find_order_id

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Orders.")

Number = Annotated[str, typer.Argument(help="NYC-1001, or 1001 where that is clear.")]
Numbers = Annotated[list[str] | None, typer.Argument(metavar="NUMBER…")]

CELLS: Cells = {
    "order": lambda row: row.number, "placed": lambda row: row.placed_at,
    "total": lambda row: row.total, "phase": lambda row: row.phase,
    "payment": lambda row: row.verification, "at the shop": lambda row: row.channel_status,
    "held": lambda row: row.holds,
}  # fmt: skip


app.command()(refund)
app.command()(cancel)


@app.command("list")
def list_some(
    phase: Annotated[Phase | None, typer.Option(help="Only these.")] = None,
    connection: Annotated[str, typer.Option(help="A connection's code.")] = "",
    search: Annotated[str, typer.Option(help="Number, SKU, tracking number or mail.")] = "",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List orders, the newest first."""
    with opened() as system:
        hub = system.hub
        shop = hub.connection(connection).id if connection else ""
        wanted = OrderFilter(phase or "", shop, search)
        with hub.store.reading() as database:
            rows = list_orders(database, hub.store.keyring, wanted, limit + 1)
    print_rows(rows[:limit], CELLS, as_json, "There are no such orders.")
    if len(rows) > limit and not as_json:
        say(f"There are more than these {limit}: --limit shows them, --phase and --search narrow.")


@app.command()
def show(number: Number, reveal: Reveal = False, as_json: Json = False) -> None:
    """Show one order: lines, holds, checks, reasons, parcels and its whole story."""
    with opened() as system:
        order_id = _id(system.hub, number)
        with system.hub.store.reading() as database:
            order = order_detail(database, order_id)
        people = who(system.hub, order_id) if reveal else None
    if as_json:
        return print_json({**vars(order), "people": people})
    return print_order(order, people)


@app.command()
def why(number: Number, as_json: Json = False) -> None:
    """Say why an order is not shipped, and what would change that."""
    with opened() as system, system.hub.store.reading() as database:
        order = order_detail(database, find_order_id(database, number))
        against = obstacles(database, order)
    routed = routing_reasons(order)
    if as_json:
        return print_json({"order": order.number, "phase": order.phase, "obstacles": against,
                           "routing": routed})  # fmt: skip
    print(f"{order.number} is {order.phase.replace('_', ' ')}.")
    for reason in routed:
        print(f"  routed: {reason}")
    if against:
        return print_table(against, {"because": lambda row: row.what,
                                     "then": lambda row: row.remedy})  # fmt: skip
    over = all(line.open == 0 for line in order.lines)
    return say("Nothing is left to ship." if over else "Nothing stands against it.")


@app.command()
def hold(
    number: Number,
    note: Annotated[str, typer.Option(help="Why; the next person reads it.")],
    as_json: Json = False,
) -> None:
    """Hold an order: nothing more is shipped until it is released."""
    with opened() as system:
        order_id = _id(system.hub, number)
        held = hold_order(system.hub, order_id, note, _person())
    if as_json:
        return print_json({"order": number, "held": True, "changed": held})
    return say(f"{number} is held." if held else f"{number} was held by hand already.")


@app.command()
def release(
    numbers: Numbers = None,
    all_imported: Annotated[
        str, typer.Option(metavar="CODE", help="Every imported order of this connection.")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Release every hold of these orders: they go on, and may be shipped."""
    if bool(numbers) == bool(all_imported):
        raise UsageError("name the orders, or say --all-imported CODE")
    with opened() as system:
        hub = system.hub
        ids = (
            connecting.held_orders(hub, all_imported)
            if all_imported
            else [_id(hub, number) for number in numbers or ()]
        )
        if all_imported and ids and not dry_run:
            sure(f"{len(ids)} imported orders are released and may be shipped.", yes)
        released = 0 if dry_run else connecting.release_orders(hub, ids, _person())
    if as_json:
        return print_json({"chosen": len(ids), "released": released, "dry_run": dry_run})
    if dry_run:
        return say(f"{counted(len(ids), 'order')} would be released.")
    return say(f"{counted(released, 'order')} released.")


@app.command()
def handover(
    numbers: Numbers = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every parcel whose order is not held.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Record that labelled parcels left the building: stock is issued, the shop is told."""
    if bool(numbers) == everything:
        raise UsageError("name the orders, or say --all")
    with opened() as system:
        hub = system.hub
        parcels = ready_to_leave(hub) if everything else []
        nothing: list[str] = []
        for number in numbers or ():
            found = labelled_shipments(hub, _id(hub, number))
            parcels += found
            nothing += [] if found else [number]
        if nothing and not parcels:
            raise ConflictError(
                f"{', '.join(nothing)}: no labelled parcel waits; hub orders why {nothing[0]}"
            )
        left = 0 if dry_run else sum(hand_over(hub, parcel) for parcel in parcels)
    if as_json:
        print_json({"parcels": parcels, "handed_over": left, "without_parcel": nothing,
                    "dry_run": dry_run})  # fmt: skip
    else:
        say(f"{counted(len(parcels), 'parcel')} would leave." if dry_run
            else f"{counted(left, 'parcel')} left.")  # fmt: skip
    if nothing:
        say(f"No labelled parcel waits for {', '.join(nothing)}.")
        raise typer.Exit(Exit.PARTIAL)


@app.command()
def label(
    number: Number,
    out: Annotated[Path, typer.Option(help="The file; further parcels get -2, -3 …")],
    as_json: Json = False,
) -> None:
    """Write the labels of an order to files; they name the receiver."""
    with opened() as system:
        order_id = _id(system.hub, number)
        with system.hub.store.reading() as database:
            labels = labels_of(database, system.hub.store.keyring, order_id)
    if not labels:
        raise ConflictError(f"{number} has no label yet; hub orders why {number}")
    files = [_write(out, place, one) for place, one in enumerate(labels, start=1)]
    if as_json:
        return print_json([
            {"file": str(file), "format": one.format, "shipment": one.shipment_id}
            for file, one in zip(files, labels, strict=True)
        ])  # fmt: skip
    for file in files:
        print(file)
    return None


def _write(out: Path, place: int, label: PrintedLabel) -> Path:
    file = out if place == 1 else out.with_stem(f"{out.stem}-{place}")
    file.touch(mode=0o600)
    file.write_bytes(label.document)
    return file


def _id(hub: Hub, number: str) -> str:
    with hub.store.reading() as database:
        return find_order_id(database, number)


def _person() -> str:
    return f"operator {getpass.getuser()}"
