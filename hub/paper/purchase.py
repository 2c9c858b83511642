"""The purchase order as a supplier gets it: a page to read and a file to import."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hub.paper.sheet import Column, Sheet, draw
from hub.records.address import Party
from hub.records.money import exponent


@dataclass(frozen=True)
class OrderedLine:
    """One line as the supplier reads it."""

    supplier_sku: str
    sku: str
    title: str
    units: int
    unit_price: str

    @property
    def amount(self) -> Decimal:
        """Units times price, exact."""
        return self.units * Decimal(self.unit_price)


@dataclass(frozen=True)
class PurchasePaper:
    """All that a purchase order says."""

    number: str
    currency: str
    supplier: Party | None
    supplier_title: str
    deliver_to: Party
    made_at: datetime
    expected_at: datetime | None
    lines: tuple[OrderedLine, ...]

    @property
    def total(self) -> str:
        """What it all costs, rounded once to the currency's minor units."""
        whole = sum((line.amount for line in self.lines), Decimal(0))
        return str(whole.quantize(Decimal(1).scaleb(-exponent(self.currency))))


def purchase_pdf(paper: PurchasePaper, size: str = "a4") -> bytes:
    """Draw the order; the same order gives the same bytes."""
    by = f"Wanted by {paper.expected_at:%Y-%m-%d}" if paper.expected_at else ""
    sheet = Sheet(
        title=f"Purchase order {paper.number}", code=paper.number,
        country=paper.supplier.country if paper.supplier else "",
        blocks=(
            ("To", *_address(paper.supplier, paper.supplier_title)),
            ("Deliver to", *_address(paper.deliver_to, "")),
            (f"{paper.made_at:%Y-%m-%d}", f"Currency {paper.currency}", by),
        ),
        columns=(Column("your article", 1.6), Column("our article", 1.6), Column("what", 3),
                 Column("units", 0.8, right=True), Column("each", 1, right=True),
                 Column("amount", 1.2, right=True)),
        rows=tuple(
            (line.supplier_sku, line.sku, line.title, str(line.units), line.unit_price,
             str(line.amount))
            for line in paper.lines
        ),
        notes=(f"Total {paper.total} {paper.currency}",
               f"Please confirm quantities and the day of delivery, and name {paper.number} on "
               "the delivery note."),
    )  # fmt: skip
    return draw([sheet], size)


def purchase_csv(paper: PurchasePaper) -> bytes:
    """Write the lines as CSV, in UTF-8, for the supplier's own system."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(("order", "supplier_sku", "sku", "title", "units", "unit_price", "currency"))
    for line in paper.lines:
        rows.writerow((paper.number, line.supplier_sku, line.sku, line.title, line.units,
                       line.unit_price, paper.currency))  # fmt: skip
    return text.getvalue().encode()


def _address(party: Party | None, otherwise: str) -> Sequence[str]:
    if party is None:
        return (otherwise,)
    town = " ".join(part for part in (party.postal_code, party.city, party.region) if part)
    lines = (party.company or otherwise, party.name, *party.street, town, party.country)
    return tuple(line for line in lines if line)
