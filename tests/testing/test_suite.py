"""The conformance suite is itself on trial: a good connector passes, each bad one fails for its own
reason and for no other."""

import importlib
import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.testing.bad_connectors.judge import SAMPLES, judged, suite

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


def test_a_refusal_without_a_method_meets_whatever_is_asked(tmp_path: Path) -> None:
    """Some vendors are only ever asked by POST."""
    assert judged(_refused(tmp_path), tmp_path) == {}


def test_a_refusal_that_nobody_could_meet_is_said(tmp_path: Path) -> None:
    found = judged(_refused(tmp_path, method="DELETE"), tmp_path)
    assert found == {
        "the_vendors_own_errors_are_named": "busy: pull_orders sends no DELETE, so nothing could "
        "refuse it"
    }


def _refused(folder: Path, **more: Any) -> Any:
    refusal = {"verb": "pull_orders", "status": 429, "raises": "RateLimitedError", **more}
    copytree(SAMPLES, folder / "samples")
    (folder / "samples" / "errors" / "busy.json").write_text(json.dumps(refusal))
    return suite("searches_by_post", samples=folder / "samples")
