"""The ledger benchmark itself still runs; its figures are judged by people, not here."""

import json
from pathlib import Path

from hub.store import tables
from hub.store.engine import open_engines
from tests.benchmarks import ledger


def test_the_ledger_benchmark_proves_books_that_agree(tmp_path: Path) -> None:
    out = tmp_path / "ledger.json"
    given = ["--movements", "2000", "--items", "50", "--runs", "1", "--out", str(out)]
    assert ledger.main(given) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["accounts_off"] == 0 and result["sums"] > 100


def test_its_proof_finds_a_unit_that_is_missing(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path}/ledger.db")
    tables.METADATA.create_all(engines.write)
    with engines.write.begin() as database:
        ledger.fill(database, 500, 20)
        assert ledger.proof(database) == 0
        database.exec_driver_sql("UPDATE stock_bucket SET units = units + 1 WHERE units > 0")
        assert ledger.proof(database) > 0
    engines.dispose()
