"""The routing benchmark itself still runs; its figures are judged by people, not here."""

import json
from pathlib import Path

from tests.benchmarks import routing


def test_the_routing_benchmark_serves_what_the_bare_loop_and_the_greedy_rules_do(
    tmp_path: Path,
) -> None:
    out = tmp_path / "routing.json"
    assert routing.main(["--lines", "300", "--orders", "60", "--runs", "1", "--out", str(out)]) == 0
    result = json.loads(out.read_text())
    assert 0 < result["bulk"]["parcels"]["rule engine"] <= result["bulk"]["parcels"]["bare loop"]
    assert set(result["one_split"]) == {"3 lines", "8 lines"}
    assert min(result["greedy"]["more_points"].values()) >= 0
