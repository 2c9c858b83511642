"""`hub orders`: daily work with orders."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.exits import ConflictError, Exit, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json, Limit, Reveal
from hub.cli.order_changes import cancel, refund
from hub.cli.order_holds import hold, release
from hub.cli.order_page import print_order, print_story, who
from hub.cli.order_why import why
from hub.cli.order_work import id_of, note, shipping, split, tag
from hub.cli.printing import Cells, counted, print_json, print_rows, say
from hub.cli.reship import reship
from hub.records.order import Phase
from hub.reports.labels import PrintedLabel, labels_of
from hub.reports.order_detail import order_detail
from hub.reports.orders import OrderFilter, list_orders
from hub.services.shipping.handover import hand_over, labelled_shipments, ready_to_leave

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Orders.")

Number = Annotated[str, typer.Argument(help="NYC-1001, or 1001 where that is clear.")]
Numbers = Annotated[list[str] | None, typer.Argument(metavar="NUMBER…")]

CELLS: Cells = {
    "order": lambda row: row.number, "placed": lambda row: row.placed_at,
    "total": lambda row: row.total, "phase": lambda row: row.phase,
    "payment": lambda row: row.verification, "at the shop": lambda row: row.channel_status,
    "held": lambda row: row.holds,
}  # fmt: skip


for command in (cancel, hold, note, refund, release, reship, shipping, split, tag, why):
    app.command()(command)


@app.command("list")
def list_some(
    phase: Annotated[Phase | None, typer.Option(help="Only these.")] = None,
    connection: Annotated[str, typer.Option(help="A connection's code.")] = "",
    search: Annotated[str, typer.Option(help="Number, SKU, tracking number or mail.")] = "",
    tagged: Annotated[str, typer.Option("--tag", help="Only those with this tag.")] = "",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List orders, the newest first."""
    with opened() as system:
        hub = system.hub
        shop = hub.connection(connection).id if connection else ""
        wanted = OrderFilter(phase or "", shop, search, tagged.strip().lower())
        with hub.store.reading() as database:
            rows = list_orders(database, hub.store.keyring, wanted, limit + 1)
    print_rows(rows[:limit], CELLS, as_json, "There are no such orders.")
    if len(rows) > limit and not as_json:
        say(f"There are more than these {limit}: --limit shows them, --phase and --search narrow.")


@app.command()
def show(
    number: Number,
    reveal: Reveal = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Only its story.")] = False,
    as_json: Json = False,
) -> None:
    """Show one order: axes, lines, holds, edits, reasons, parcels and its whole story."""
    with opened() as system:
        order_id = id_of(system.hub, number)
        with system.hub.store.reading() as database:
            order = order_detail(database, order_id)
        people = who(system.hub, order_id) if reveal else None
    if as_json:
        return print_json(order.timeline if timeline else {**vars(order), "people": people})
    if timeline:
        return print_story(order, people)
    return print_order(order, people)


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
            found = labelled_shipments(hub, id_of(hub, number))
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
        order_id = id_of(system.hub, number)
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
