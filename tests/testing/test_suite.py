"""The conformance suite is itself on trial: a good connector passes, each bad one fails for its own
reason and for no other."""

import importlib
from pathlib import Path

import pytest

from tests.testing.bad_connectors.judge import judged, suite

FOLDER = Path(__file__).parent / "bad_connectors"
BAD = sorted(file.stem for file in FOLDER.glob("*.py") if "FAILS = [" in file.read_text())


def test_a_good_connector_passes_every_check(tmp_path: Path) -> None:
    assert judged(suite("good"), tmp_path) == {}


def test_there_is_a_bad_connector_for_every_way_to_be_bad() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize("name", BAD)
def test_a_bad_connector_fails_for_its_own_reason_only(name: str, tmp_path: Path) -> None:
    module = importlib.import_module(f"tests.testing.bad_connectors.{name}")
    found = judged(suite(name, **getattr(module, "SUITE", {})), tmp_path)
    assert sorted(found) == sorted(module.FAILS), found
