"""Reading a list of stock: CSV text in, rows and complaints out."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass

COLUMNS = ("sku", "location", "quantity", "change", "bin")
MOST_UNITS = 10_000_000
MOST_ROWS = 200_000


class StockListError(ValueError):
    """The text is no list of stock at all; the sentence says what one looks like."""


@dataclass(frozen=True)
class ListedStock:
    """One row: what is there now (`quantity`) or what came or went (`change`); never both."""

    line: int
    sku: str
    location: str = ""
    quantity: int | None = None
    change: int | None = None
    bin: str = ""
    problem: str = ""
    """Why the row cannot be used."""


def read_stock_list(text: str) -> list[ListedStock]:
    """Read a list with a heading row: `sku`, `quantity` or `change`, `location`, `bin`.

    Comma, semicolon or tab part the columns. A bad row is given with its problem. Raises
    `StockListError` where the headings are not understood.
    """
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    mark = max(",;\t", key=lines[0].count) if lines else ","
    try:
        return _read(csv.DictReader(lines, delimiter=mark))
    except csv.Error as error:
        raise StockListError(
            f"the first row must name columns, and each row be one: {error}"
        ) from None


def _read(reader: "csv.DictReader[str]") -> list[ListedStock]:
    names = {name: (name or "").strip().lower() for name in reader.fieldnames or ()}
    unknown = sorted(set(names.values()) - set(COLUMNS))
    if "sku" not in names.values() or unknown or not {"quantity", "change"} & set(names.values()):
        raise StockListError(
            f"the first row must name {', '.join(COLUMNS)}: sku, and quantity or change"
            + (f"; nobody knows {', '.join(map(repr, unknown))}" if unknown else "")
        )
    seen: set[tuple[str, str]] = set()
    rows = []
    for number, row in enumerate(reader, start=2):
        if number > MOST_ROWS:
            raise StockListError(f"a list has at most {MOST_ROWS} rows; part it")
        given = {names[key]: (value or "").strip() for key, value in row.items() if key in names}
        if any(given.values()):
            rows.append(_row(number, given, seen))
    return rows


def _row(number: int, given: Mapping[str, str], seen: set[tuple[str, str]]) -> ListedStock:
    sku, location = given.get("sku", ""), given.get("location", "")
    quantity, change = given.get("quantity", ""), given.get("change", "")
    problem = ""
    if not sku:
        problem = "it names no sku"
    elif (sku, location) in seen:
        problem = f"{sku} stands in the list twice"
    elif bool(quantity) == bool(change):
        problem = "it needs a quantity or a change, not both"
    elif not _is_units(quantity or change, signed=bool(change)):
        problem = f"{quantity or change!r} is no number of units"
    seen.add((sku, location))
    if problem:
        return ListedStock(number, sku, location, problem=problem)
    return ListedStock(
        number, sku, location, int(quantity) if quantity else None,
        int(change) if change else None, given.get("bin", ""),
    )  # fmt: skip


def _is_units(text: str, signed: bool) -> bool:
    digits = text.lstrip("+-") if signed and text[:1] in "+-" and text[1:2] not in "+-" else text
    plain = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MOST_UNITS))
    return plain and int(digits) <= MOST_UNITS
