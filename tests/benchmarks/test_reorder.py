"""The reorder benchmark itself still runs; its figures are judged by people, not here."""

import json
from pathlib import Path

from tests.benchmarks import reorder


def test_the_reorder_benchmark_plans_every_item_beside_the_bare_group_by(tmp_path: Path) -> None:
    out = tmp_path / "reorder.json"

    assert reorder.main(["--items", "60", "--turns", "1", "--out", str(out)]) == 0

    result = json.loads(out.read_text())
    assert result["days_with_a_sale"] > 60 * 50 and result["proposed"] > 0
    assert set(result["seconds"]) == {
        "group_by_days", "planning", "group_by_months", "kept_first", "kept_again",
    }  # fmt: skip
