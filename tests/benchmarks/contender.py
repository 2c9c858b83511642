"""One contender's run in a fresh process, so that neither memory nor warmth is shared."""

import importlib
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.figures import Figures

MODULES = {
    "hub": "tests.benchmarks.with_hub",
    "limit": "tests.benchmarks.by_hand",
    "dlt": "tests.benchmarks.with_dlt",
}


def run(name: str, shop: str, orders: int, home: Path) -> Figures:
    """Run a contender in an empty folder and give its figures; raises when it fails."""
    home.mkdir()
    command = [sys.executable, "-m", "tests.benchmarks.contender", name, shop, str(orders)]
    with tempfile.TemporaryFile("w+") as answer:
        subprocess.run([*command, str(home)], stdout=answer, check=True)
        answer.seek(0)
        last_line = answer.read().splitlines()[-1]
    return Figures(**json.loads(last_line))


def _main(name: str, shop: str, orders: str, home: str) -> None:
    module = importlib.import_module(MODULES[name])
    print(json.dumps(asdict(module.measure(shop, int(orders), Path(home)))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
