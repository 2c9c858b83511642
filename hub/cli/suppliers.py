"""`hub suppliers`: who sells to us, what they ask, and how they deliver."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.buying import told
from hub.cli.exits import NotFoundError, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json, Reveal
from hub.cli.printing import Cells, print_facts, print_json, print_rows, print_table
from hub.records.address import Party
from hub.records.purchase import SupplierState
from hub.reports.purchasing import list_items, list_suppliers, supplier_scorecards
from hub.services.purchasing import suppliers
from hub.services.purchasing.suppliers import ItemTerms, UnknownSupplierError, find_supplier

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Suppliers.")

Code = Annotated[str, typer.Argument(help="The supplier's code, such as ACME.")]

SUPPLIERS: Cells = {
    "code": lambda row: row.code, "title": lambda row: row.title, "state": lambda row: row.state,
    "currency": lambda row: row.currency, "lead days": lambda row: row.lead_days,
    "items": lambda row: row.items, "open orders": lambda row: row.open_orders,
}  # fmt: skip
ITEMS: Cells = {
    "supplier": lambda row: row.supplier, "sku": lambda row: row.sku,
    "theirs": lambda row: row.supplier_sku, "prices": lambda row: row.prices,
    "currency": lambda row: row.currency, "least": lambda row: row.moq,
    "pack": lambda row: row.pack, "lead days": lambda row: row.lead_days,
    "learned": lambda row: _learned(row), "filled": lambda row: _share(row.fill_rate),
    "primary": lambda row: row.primary,
}  # fmt: skip
CARDS: Cells = {
    "supplier": lambda row: row.supplier, "sku": lambda row: row.sku or "all",
    "deliveries": lambda row: row.card.deliveries,
    "lead days": lambda row: _number(row.card.lead_mean),
    "deviation": lambda row: _number(row.card.lead_deviation),
    "on time": lambda row: _share(row.card.on_time),
    "filled": lambda row: _share(row.card.fill_rate),
    "damaged": lambda row: _share(row.card.damage_rate),
    "price changes": lambda row: row.card.price_changes,
    "each by": lambda row: _share(row.card.price_change),
}  # fmt: skip


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _learned(row: Any) -> str:
    if row.learned_lead is None:
        return ""
    return f"{row.learned_lead:.1f} ± {row.learned_deviation or 0:.1f} ({row.deliveries})"


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List suppliers."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_suppliers(database)
    print_rows(rows, SUPPLIERS, as_json, "There is no supplier; hub suppliers add makes one.")


@app.command()
def show(code: Code, reveal: Reveal = False, as_json: Json = False) -> None:
    """Show a supplier and what it sells; whom to write to only with --reveal."""
    with opened() as system, system.hub.store.reading() as database:
        row = next((one for one in list_suppliers(database) if one.code == code), None)
        if row is None:
            raise NotFoundError(f"there is no supplier {code}; hub suppliers list shows them")
        items = list_items(database, code)
        known = find_supplier(database, code)
        contact = suppliers.contact_of(database, system.hub.store.keyring, known.id)
    who = (contact.email if reveal else "sealed") if contact else ""
    if as_json:
        return print_json({"supplier": row, "contact": who, "items": items})
    print_facts({**{heading: cell(row) for heading, cell in SUPPLIERS.items()}, "mail": who})
    return print_table(items, ITEMS) if items else None


@app.command()
def add(
    code: Code,
    title: Annotated[str | None, typer.Option()] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217: EUR.")] = None,
    lead_days: Annotated[int | None, typer.Option(min=0, help="Stated lead time.")] = None,
    order_cost: Annotated[str | None, typer.Option(help="Freight and handling.")] = None,
    state: Annotated[SupplierState | None, typer.Option()] = None,
    email: Annotated[str, typer.Option(help="Where orders go; kept sealed.")] = "",
    name: Annotated[str, typer.Option(help="Whom they go to; kept sealed.")] = "",
    country: Annotated[str, typer.Option(help="ISO 3166-1: DE.")] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Add a supplier, or change what is given of one."""
    given = {"title": title, "currency": currency, "lead_days": lead_days,
             "order_cost": order_cost, "state": state}  # fmt: skip
    given = {field: value for field, value in given.items() if value is not None}
    contact = Party(name=name, email=email, country=country) if email else None
    with opened() as system:
        known = _known(system, code)
        if not known and not {"title", "currency"} <= given.keys():
            raise UsageError(f"there is no supplier {code} yet: give --title and --currency")
        if not dry_run:
            suppliers.put_supplier(system.hub, code, contact, **given)
    told(as_json, dry_run, f"{code} is {'changed' if known else 'added'}.",
         supplier=code, new=not known)  # fmt: skip


def _known(system: Any, code: str) -> bool:
    with system.hub.store.reading() as database:
        try:
            find_supplier(database, code)
        except UnknownSupplierError:
            return False
    return True


@app.command()
def sells(
    code: Code,
    sku: str,
    prices: Annotated[str, typer.Argument(help="4.20, or breaks: '1:4.20 100:3.85'.")],
    supplier_sku: Annotated[str, typer.Option(help="How the supplier calls it.")] = "",
    moq: Annotated[int, typer.Option(min=1, help="Least units of an order.")] = 1,
    pack: Annotated[int, typer.Option(min=1, help="Sold in multiples of it.")] = 1,
    lead_days: Annotated[int | None, typer.Option(min=0)] = None,
    primary: Annotated[bool, typer.Option("--primary", help="Always bought here.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say what a supplier asks for a variant."""
    terms = ItemTerms(
        sku, suppliers.read_prices(prices), supplier_sku, moq, pack, lead_days, primary
    )
    with opened() as system:
        if not dry_run:
            suppliers.put_items(system.hub, code, [terms])
    told(as_json, dry_run, f"{code} sells {sku} at {prices}.", supplier=code, sku=sku)


@app.command()
def drop(code: Code, sku: str, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Buy a variant here no more; what was ordered still comes."""
    with opened() as system:
        if not dry_run:
            suppliers.drop_item(system.hub, code, sku)
    told(as_json, dry_run, f"{sku} is bought at {code} no more.", supplier=code, sku=sku)


@app.command("import")
def import_items(
    code: Code,
    file: Annotated[Path, typer.Argument(help="CSV: sku, prices, moq, pack, lead_days …")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take a supplier's price list; all of it or, when a line is wrong, nothing."""
    items = suppliers.read_items(file.read_text(encoding="utf-8-sig"))
    with opened() as system:
        fresh = 0 if dry_run else suppliers.put_items(system.hub, code, items)
    told(as_json, dry_run, f"{len(items)} items of {code} are taken, {fresh} of them new.",
         supplier=code, items=len(items), new=fresh)  # fmt: skip


@app.command("items")
def items_of(
    code: Annotated[str, typer.Argument(help="A supplier's code; without it, all.")] = "",
    sku: Annotated[str, typer.Option(help="Only who sells this.")] = "",
    as_json: Json = False,
) -> None:
    """List what suppliers ask, with the lead time and fill rate that were learned."""
    with opened() as system, system.hub.store.reading() as database:
        rows = list_items(database, code, sku)
    print_rows(rows, ITEMS, as_json, "Nobody sells anything; hub suppliers sells says who does.")


@app.command("scorecard")
def score(
    code: Annotated[str, typer.Argument(help="One supplier with its items; else all.")] = "",
    as_json: Json = False,
) -> None:
    """Judge suppliers by what they delivered: lead time, punctuality, fill, damage, prices."""
    with opened() as system, system.hub.store.reading() as database:
        rows = supplier_scorecards(database, code)
    print_rows(rows, CARDS, as_json, "There is no supplier to judge.")
