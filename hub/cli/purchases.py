"""`hub purchases`: orders at suppliers, from draft to receipt."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.buying import Number, quantities, told
from hub.cli.exits import UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit
from hub.cli.printing import Cells, print_facts, print_json, print_rows, print_table
from hub.cli.purchase_acts import acknowledge, cancel, close, hold, invoice, lose, release
from hub.cli.purchase_deliveries import announce, delivery, receive
from hub.domain.purchasing import PurchaseAct
from hub.records.purchase import PurchaseState
from hub.reports.purchases import list_purchases, purchase_history
from hub.services.context import Hub
from hub.services.purchasing import orders, sending
from hub.services.purchasing.stored import get_purchase, refuse_unless

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Purchase orders.")

CELLS: Cells = {
    "order": lambda row: row.number, "supplier": lambda row: row.supplier,
    "to": lambda row: row.location, "state": lambda row: row.state.replace("_", " "),
    "ordered": lambda row: row.ordered, "received": lambda row: row.received,
    "to come": lambda row: row.outstanding, "total": lambda row: f"{row.total} {row.currency}",
    "made": lambda row: row.created_at, "promised": lambda row: row.expected_at,
}  # fmt: skip
LINES: Cells = {
    "sku": lambda row: row.sku, "theirs": lambda row: row.supplier_sku,
    "each": lambda row: row.unit_price, "ordered": lambda row: row.ordered,
    "confirmed": lambda row: row.acknowledged, "announced": lambda row: row.announced,
    "good": lambda row: row.received_good, "damaged": lambda row: row.received_damaged,
    "cancelled": lambda row: row.cancelled, "over": lambda row: row.over,
    "invoiced": lambda row: row.invoiced,
}  # fmt: skip
RECEIPTS: Cells = {
    "came": lambda row: row.received_at, "sku": lambda row: row.sku,
    "units": lambda row: row.quantity, "bucket": lambda row: row.bucket or "good",
    "each cost": lambda row: f"{row.unit_cost} {row.currency}", "note": lambda row: row.note,
    "by": lambda row: row.received_by,
}  # fmt: skip
INBOUND: Cells = {
    "delivery": lambda row: row.reference, "state": lambda row: row.state.replace("_", " "),
    "expected": lambda row: row.expected_at, "sku": lambda row: row.sku,
    "announced": lambda row: row.announced, "received": lambda row: row.received,
}  # fmt: skip

for command in (announce, cancel, close, delivery, hold, invoice, lose, receive, release):
    app.command()(command)
app.command("ack")(acknowledge)


@app.command("list")
def list_some(
    state: Annotated[PurchaseState | None, typer.Option(help="Only these.")] = None,
    supplier: Annotated[str, typer.Option(help="A supplier's code.")] = "",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List purchase orders, the newest first."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_purchases(database, state or "", supplier, limit)
    print_rows(rows, CELLS, as_json, "There are no such purchase orders.")


@app.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show an order with its lines, what is announced and what came."""
    with opened() as system, system.hub.store.reading() as database:
        order = get_purchase(database, number)
        history = purchase_history(database, order.id)
    record = order.record()
    if as_json:
        return print_json({"order": record, "receipts": history.receipts,
                           "inbound": history.inbound})  # fmt: skip
    print_facts({"order": record.number, "state": record.state.replace("_", " "),
                 "made": record.created_at, "approved": record.approved_at,
                 "sent": record.sent_at, "promised": record.expected_at,
                 "held": order.row.hold_reason, "note": order.row.note})  # fmt: skip
    for rows, cells in ((record.lines, LINES), (history.inbound, INBOUND),
                        (history.receipts, RECEIPTS)):  # fmt: skip
        if rows:
            print_table(rows, cells)
    return None


@app.command()
def create(
    supplier: Annotated[str, typer.Argument(help="The supplier's code.")],
    lines: Annotated[list[str], typer.Argument(metavar="SKU=UNITS…")],
    at: Annotated[str, typer.Option(metavar="LOCATION", help="Where to; else the first.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Write a draft by hand, at the supplier's prices."""
    wanted = quantities(lines) or {}
    with opened() as system:
        number = "" if dry_run else orders.create_purchase(system.hub, supplier, wanted, at)
    told(as_json, dry_run, f"{number or 'a draft'} orders {sum(wanted.values())} units.",
         order=number, lines=wanted)  # fmt: skip


@app.command()
def approve(number: Number, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Let an order be sent."""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.APPROVE)
        if not dry_run:
            orders.approve_purchase(system.hub, number, operator())
    told(as_json, dry_run, f"{number} may be sent.", order=number)


@app.command()
def send(
    number: Number,
    out: Annotated[Path | None, typer.Option(help="Write PDF and CSV into this folder.")] = None,
    by_hand: Annotated[bool, typer.Option("--sent", help="A person has sent it.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Send an approved order by the connected mail; or write its files, or say it was sent."""
    files: list[str] = []
    effect = ""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.SEND)
        if out and not dry_run:
            files = _write(system.hub, number, out)
        if by_hand and not dry_run:
            sending.mark_sent(system.hub, number, operator())
        if not out and not by_hand and not dry_run:
            effect = sending.send_purchase(system.hub, number)
    did = "is marked as sent" if by_hand else "is written; --sent says that you have sent it"
    done = f"{number} {did}." if out or by_hand else f"{number} goes out by mail."
    told(as_json, dry_run, done, order=number, files=files, effect=effect)


@app.command()
def pdf(
    number: Number,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    as_json: Json = False,
) -> None:
    """Write an order as PDF and CSV, whatever its state."""
    with opened() as system:
        files = _write(system.hub, number, out)
    told(as_json, False, f"Wrote {' and '.join(files)}.", order=number, files=files)


def _write(hub: Hub, number: str, folder: Path) -> list[str]:
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder")
    files = sending.purchase_files(hub, number)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in files]
