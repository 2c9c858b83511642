"""The papers of the floor: what a picker walks with, and what lies in the box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.paper.sheet import Barcode, Cell, Column, Sheet, draw
from hub.records.address import Party

MOST_SIGNS = 24
"""A bar code of more signs is wider than its column."""


@dataclass(frozen=True)
class Stop:
    """Units to fetch from one bin for one order."""

    bin: str
    sku: str
    gtin: str
    title: str
    order: str
    units: int


@dataclass(frozen=True)
class Packed:
    """Units of one line that lie in the box."""

    sku: str
    title: str
    units: int


def pick_list(
    number: str, location: str, made_at: datetime, stops: Sequence[Stop], paper: str = "a4"
) -> bytes:
    """Draw the list of one walk, its stops in walking order."""
    units = sum(stop.units for stop in stops)
    orders = len({stop.order for stop in stops})
    rows = tuple(
        (str(place), stop.bin or "?", str(stop.units), stop.title, stop.order,
         scannable(stop.gtin or stop.sku))
        for place, stop in enumerate(stops, start=1)
    )  # fmt: skip
    sheet = Sheet(
        title=f"Pick list {number}", code=number,
        blocks=((f"Location {location}", f"{made_at:%Y-%m-%d %H:%M} UTC"),
                (f"{units} units", f"{orders} orders")),
        columns=(Column("", 0.5), Column("bin", 1.2), Column("units", 0.7, right=True),
                 Column("what", 3), Column("for", 1.4), Column("scan", 3)),
        rows=rows, notes=("Not there? Record it as short: the order is served from elsewhere.",),
    )  # fmt: skip
    return draw([sheet], paper)


def packing_slip(
    number: str, receiver: Party | None, lines: Sequence[Packed], paper: str = "a4"
) -> bytes:
    """Draw what lies in the box, for whom opens it; it names the receiver and no price."""
    country = receiver.country if receiver is not None else ""
    sheet = Sheet(
        title=f"Packing slip {number}", code=number if _is_plain(number) else "", country=country,
        blocks=(_address(receiver), ("What is in this parcel:",)),
        columns=(Column("units", 0.6, right=True), Column("article", 2), Column("what", 4)),
        rows=tuple((str(line.units), line.sku, line.title) for line in lines),
    )  # fmt: skip
    return draw([sheet], paper)


def scannable(text: str) -> Cell:
    """Give a text as a bar code, or as it is where no scanner could read it."""
    return Barcode(text) if _is_plain(text) and len(text) <= MOST_SIGNS else text


def _is_plain(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def _address(party: Party | None) -> tuple[str, ...]:
    if party is None:
        return ("",)
    town = " ".join(part for part in (party.postal_code, party.city, party.region) if part)
    return tuple(
        part for part in (party.name, party.company, *party.street, town, party.country) if part
    )
