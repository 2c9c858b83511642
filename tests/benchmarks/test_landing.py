"""The landing benchmark itself still runs; its figures are judged by people, not here."""

import json
from pathlib import Path

from tests.benchmarks import landing


def test_the_landing_benchmark_compares_hub_and_limit_on_the_same_rows(tmp_path: Path) -> None:
    out = tmp_path / "landing.json"

    assert landing.main(["--orders", "200", "--runs", "1", "--without-dlt", "--out", str(out)]) == 0

    result = json.loads(out.read_text())
    assert result["rows_of_hub_and_limit"]["sales_order"] == 200
    assert result["rows_of_hub_and_limit"]["sales_order_line"] == 600
    assert set(result["orders_per_second"]) == {"hub", "limit"}
