"""A hub with many items and a year of their demand, the same every time, at the driver's speed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select, text

from hub.domain.reorder.months import Sums, add_up
from hub.services.context import Hub
from hub.store import tables
from hub.store.lander import instant_text, land
from hub.store.unit_of_work import Unit

TODAY = datetime(2026, 11, 23, 4, tzinfo=UTC)
SALES_SHARE = 0.208
"""Of all days, on how many an item sells: 7.6 million rows at 100,000 items and 365 days."""
_SIZES = (1, 1, 1, 2, 2, 3, 5)
_PRICES = '[{"units":1,"price":"4.00"},{"units":100,"price":"3.60"}]'


def fill(hub: Hub, items: int, days: int) -> int:
    """Give every item a variant, stock, a supplier and its days; gives the days with a sale."""
    random = Random(11)
    ids = [f"019ab000-0000-7000-8000-{number:012d}" for number in range(items)]
    with hub.store.unit_of_work() as unit:
        place = str(unit.execute(select(tables.location.c.id)).scalars().first())
        _shelves(unit, ids, place, random)
        _days(unit, ids, place, days, random)
    with hub.store.unit_of_work() as unit:
        unit.execute(text("ANALYZE"))
        return int(unit.execute(text("SELECT count(*) FROM bare_day")).scalar_one())


def _shelves(unit: Unit, ids: list[str], place: str, random: Random) -> None:
    ago = instant_text(TODAY - timedelta(days=1000))
    _insert(
        unit,
        "supplier",
        [("acme", "ACME", "Acme", "active", "USD", 14, "0", ago)],
        "id",
        "code",
        "title",
        "state",
        "currency",
        "lead_days",
        "order_cost",
        "created_at",
    )
    _insert(
        unit,
        "stock_promise",
        [(one, True, 0, 0, 0, 0) for one in ids],
        "stock_item_id",
        "tracked",
        "sellable",
        "reserved",
        "allocated",
        "version",
    )
    _insert(
        unit,
        "stock_level",
        [(one, place, random.randrange(5, 120), 0, 0) for one in ids],
        "stock_item_id",
        "location_id",
        "on_hand",
        "allocated",
        "unsellable",
    )
    _insert(
        unit,
        "variant",
        [(one, f"SKU-{n:06d}", "A thing", "", one, ago) for n, one in enumerate(ids)],
        "id",
        "sku",
        "title",
        "gtin",
        "stock_item_id",
        "created_at",
    )
    _insert(unit, "supplier_item",
            [(one, "acme", one, "", "USD", 10, 6, _PRICES, False, True, 0) for one in ids],
            "id", "supplier_id", "variant_id", "supplier_sku", "currency", "moq", "pack", "prices",
            "is_primary", "active", "deliveries")  # fmt: skip


def _insert(unit: Unit, table: str, rows: Iterable[tuple[Any, ...]], *columns: str) -> None:
    land(unit, tables.METADATA.tables[table], columns, list(rows), fresh=True)


def _days(unit: Unit, ids: list[str], place: str, days: int, random: Random) -> None:
    """Write every day for the limit, and the months that the hub keeps of the same days."""
    unit.execute(text("CREATE TABLE bare_day (item TEXT, place TEXT, day INTEGER, units INTEGER, "
                      "PRIMARY KEY (item, place, day))" + _without_rowid(unit)))  # fmt: skip
    last = TODAY.date().toordinal()
    months: list[tuple[Any, ...]] = []

    def rows() -> Iterator[tuple[Any, ...]]:
        for one in ids:
            sold = {
                (one, place, day): random.choice(_SIZES)
                for day in range(last - days, last)
                if random.random() < SALES_SHARE
            }
            months.extend((*key, *sums) for key, sums in add_up(sold, ()).items())
            yield from ((*key, units) for key, units in sold.items())

    _copy(unit, rows())
    columns = ("stock_item_id", "location_id", "month", *Sums._fields)
    land(unit, tables.demand_month, columns, months, fresh=True)


def _without_rowid(unit: Unit) -> str:
    return " WITHOUT ROWID" if unit.dialect == "sqlite" else ""


def _copy(unit: Unit, rows: Iterator[tuple[Any, ...]]) -> None:
    driver = unit.connection.connection.cursor()
    if unit.dialect == "sqlite":
        driver.executemany("INSERT INTO bare_day VALUES (?, ?, ?, ?)", rows)
        return
    driver.execute("SET LOCAL statement_timeout = 0")
    with driver.copy("COPY bare_day FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
