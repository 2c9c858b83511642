"""The ledger's proof over a million movements, against the least that reads them all once.

    python -m tests.benchmarks.ledger

Both read the same SQLite file, by turns, in this one process; the ratio counts. The bare reading is
one group-by of the movements; the proof is `hub inventory verify`'s stock part.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from hub.records.stock import Bucket, MovementKind
from hub.reports import stock_invariants
from hub.store import tables
from hub.store.engine import open_engines
from hub.store.ledger import ADJUSTMENT, CUSTOMER, SUPPLIER, account
from tests.benchmarks.machine import about_machine

PROOFS = (
    stock_invariants.levels_equal_the_ledger,
    stock_invariants.sellable_equals_the_levels,
    stock_invariants.unsellable_equals_the_buckets,
)
BARE = text("SELECT stock_item_id, to_account, SUM(quantity) FROM stock_movement GROUP BY 1, 2")
PLACES = ("main", "east", "west", "returns")
_AT = "2026-01-01T00:00:00.000000Z"
Books = dict[tuple[str, str, str], int]
"""Units by (item, place, bucket or nothing)."""


def fill(database: Connection, movements: int, items: int) -> None:
    """Write movements that sum up, and the levels, buckets and promises that follow from them."""
    dice, books, rows = random.Random(7), Books(), []
    for number in range(movements):
        item, place = f"item-{number % items}", dice.choice(PLACES)
        units = dice.randrange(1, 9)
        rows.append((f"m{number}", item, units, *_sides(dice, books, item, place, units),
                     MovementKind.ADJUST.value, f"c{number}", "", _AT))  # fmt: skip
    places = [(place, place.upper(), place) for place in PLACES]
    names = [f"item-{number}" for number in range(items)]
    _write(database, tables.location, ("id", "code", "title"), places)
    promises = [(item, True, _good(books, item)) for item in names]
    _write(database, tables.stock_promise, ("stock_item_id", "tracked", "sellable"), promises)
    _write(database, tables.stock_movement,
           ("id", "stock_item_id", "quantity", "from_account", "to_account", "kind", "command_id",
            "reason", "at"), rows)  # fmt: skip
    levels = [_level(books, item, place) for item in names for place in PLACES]
    _write(database, tables.stock_level,
           ("stock_item_id", "location_id", "on_hand", "unsellable"), levels)  # fmt: skip
    aside = [(*key, units) for key, units in books.items() if key[2]]
    _write(database, tables.stock_bucket,
           ("stock_item_id", "location_id", "bucket", "units"), aside)  # fmt: skip


def _sides(dice: random.Random, books: Books, item: str, place: str, units: int) -> tuple[str, str]:
    """Give both accounts of a movement: in, out, or aside; never more out than there is."""
    key = (item, place, "")
    what = dice.random()
    if what < 0.5 and books.get(key, 0) >= units:
        books[key] -= units
        return account(place), CUSTOMER
    if what < 0.6 and books.get(key, 0) >= units:
        bad = (item, place, Bucket.DAMAGED.value)
        books[key] -= units
        books[bad] = books.get(bad, 0) + units
        return account(place), account(place, Bucket.DAMAGED)
    books[key] = books.get(key, 0) + units
    return (SUPPLIER if what < 0.9 else ADJUSTMENT), account(place)


def _level(books: Books, item: str, place: str) -> tuple[str, str, int, int]:
    aside = books.get((item, place, Bucket.DAMAGED.value), 0)
    return item, place, books.get((item, place, ""), 0) + aside, aside


def _good(books: Books, item: str) -> int:
    return sum(books.get((item, place, ""), 0) for place in PLACES)


def _write(database: Connection, table: Any, columns: tuple[str, ...], rows: list[Any]) -> None:
    defaults = {"on_hand": 0, "allocated": 0, "reserved": 0, "version": 0, "kind": "warehouse",
                "state": "active", "country": "", "priority": 100, "street": "", "city": "",
                "region": "", "postal_code": ""}  # fmt: skip
    more = {name: one for name, one in defaults.items()
            if name in table.c and name not in columns}  # fmt: skip
    names = [*columns, *more]
    marks = ", ".join("?" * len(names))
    driver = database.connection.cursor()
    driver.executemany(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})",
        [(*row, *more.values()) for row in rows],
    )


def proof(database: Connection) -> int:
    """Prove the books; gives how many accounts were found off."""
    return sum(len(list(prove(database))) for prove in PROOFS)


def bare(database: Connection) -> int:
    """Read every movement once; gives how many sums that makes."""
    return len(database.execute(BARE).all())


def timed(work: Callable[[Connection], int], database: Connection) -> tuple[float, int]:
    """Give the processor seconds of a piece of work, and its answer."""
    started = time.process_time()
    answer = work(database)
    return time.process_time() - started, answer


def main(words: list[str] | None = None) -> int:
    """Measure, print JSON, and keep it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--movements", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        engines = open_engines(f"sqlite:///{folder}/ledger.db")
        tables.METADATA.create_all(engines.write)
        with engines.write.begin() as database:
            fill(database, given.movements, given.items)
        with engines.read.connect() as database:
            turns = [(timed(proof, database), timed(bare, database)) for _ in range(given.runs)]
        engines.dispose()
    result = {
        "movements": given.movements, "items": given.items, "runs": given.runs,
        "accounts_off": turns[0][0][1], "sums": turns[0][1][1],
        "proof_seconds": median(one[0][0] for one in turns),
        "bare_seconds": median(one[1][0] for one in turns),
        "proof_to_bare": median(one[0][0] / max(one[1][0], 1e-9) for one in turns),
        "movements_a_second": given.movements / median(one[0][0] for one in turns),
        "about": about_machine(),
    }  # fmt: skip
    shown = json.dumps(result, indent=2)
    print(shown)
    if given.out:
        given.out.write_text(shown + "\n", encoding="utf-8")
    return 0 if result["accounts_off"] == 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
