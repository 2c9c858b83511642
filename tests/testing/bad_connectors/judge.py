"""Runs a whole suite in this process, without pytest's own ceremony: quick enough for dozens."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.sdk.http import HttpLimits
from hub.testing.suite.checks import Case, Mark
from hub.testing.suite.finding import FindingError
from hub.testing.suite.stage import Stage
from hub.testing.suite.subject import subject_of
from hub.testing.suite.suite import ConnectorSuite

SAMPLES = Path(__file__).parent / "samples"


def suite(module: str, **changes: Any) -> type[ConnectorSuite]:
    """Give the four lines of an author, for a module of this folder."""
    given = {
        "connector": "acme",
        "module": f"tests.testing.bad_connectors.{module}",
        "samples": SAMPLES,
        "config": {"webhook_secret": "whs-acme-77ab"},
        "changes": {"pull_orders": ("place_order", {})},
    }
    return type("Trial", (ConnectorSuite,), {**given, **changes})


def judged(trial: type[ConnectorSuite], folder: Path) -> dict[str, str]:
    """Give the checks that failed, each with its finding."""
    stage = Stage(trial, subject_of(trial), folder)
    stage.hasty = HttpLimits(connect=2, read=0.2, total=0.2)
    try:
        return {name: told for name, told in _outcomes(trial, stage) if told is not None}
    finally:
        stage.close()


def _outcomes(trial: type[ConnectorSuite], stage: Stage) -> Iterator[tuple[str, str | None]]:
    for name, method in inspect.getmembers(trial(), inspect.ismethod):
        mark = getattr(method, "hub_check", None)
        if not isinstance(mark, Mark):
            continue
        if stage.subject.descriptor is None and "takes_the_plugin" not in name:
            continue
        plain = name.removeprefix("test_")
        for case in mark.each(stage.subject) if mark.each else [Case("", None)]:
            if not case.why_not:
                label = f"{plain}[{case.name}]" if case.name else plain
                yield label, _outcome(stage, method, case)


def _outcome(stage: Stage, method: Any, case: Case) -> str | None:
    known = {"stage": stage, "subject": stage.subject, "verb": case.value, "case": case.value}
    wanted = inspect.signature(method).parameters
    stage.reset()
    try:
        method(**{name: known[name] for name in wanted})
    except FindingError as finding:
        return str(finding)
    except pytest.skip.Exception:
        return None
    return None
