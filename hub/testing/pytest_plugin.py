"""The hub's pytest plugin: reports which connector was found how good, and prints every waiver.

It imports the suite only where a test module did so already: it is loaded by every pytest of an
environment that has the hub.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hub.testing.suite.level import Facts, Result

PROPERTY = "hub_conformance"
_SUITE = "hub.testing.suite.suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `hub plugin check` needs."""
    group = parser.getgroup("commerce hub")
    group.addoption("--conformance", metavar="NAME", help="run only this connector's suite, or all")
    group.addoption("--conformance-report", metavar="FILE", help="write the findings as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Begin an empty account."""
    config.pluginmanager.register(_Account(config), "hub-conformance-account")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the items of suites, and leave out the others when asked to."""
    wanted = config.getoption("--conformance")
    others = [item for item in items if not _belongs(item, wanted)]
    if wanted and others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]
    for item in items:
        _mark(item)


def _belongs(item: pytest.Item, wanted: str | None) -> bool:
    suite = _suite_of(item)
    return suite is not None and wanted in ("all", suite.connector)


def _suite_of(item: pytest.Item) -> Any:
    kit = sys.modules.get(_SUITE)
    cls = getattr(item, "cls", None)
    return cls if kit and cls and issubclass(cls, kit.ConnectorSuite) else None


def _mark(item: pytest.Item) -> None:
    suite = _suite_of(item)
    mark = getattr(getattr(item, "function", None), "hub_check", None)
    if suite is None or mark is None:
        return
    from hub.testing.suite.facts import facts_of

    check = item.name.removeprefix("test_")
    told = {"group": mark.group, "check": check, "suite": item.nodeid.rpartition("::")[0]}
    item.user_properties.append((PROPERTY, {**told, "facts": facts_of(suite)}))


class _Account:
    """Adds up the reports, also those that come from other processes."""

    def __init__(self, config: pytest.Config) -> None:
        self._report = config.getoption("--conformance-report")
        self._chosen = config.getoption("--conformance")
        self._results: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self._facts: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what became of a check."""
        told: Any = next((v for name, v in report.user_properties if name == PROPERTY), None)
        if told is None:
            return
        self._facts[told["suite"]] = told["facts"]
        checks = self._results[told["suite"]]
        if report.when == "call" or report.outcome != "passed":
            found = {"group": told["group"], "check": told["check"], **_outcome(report)}
            checks[told["check"]] = found

    def pytest_sessionfinish(self) -> None:
        """Write the findings where they were asked for."""
        if self._report:
            text = json.dumps([report for _, report in self._documents()], indent=2)
            Path(self._report).write_text(text, "utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say each connector's level, and every waiver with its reason."""
        in_part = bool(terminalreporter.stats.get("deselected")) and not self._chosen
        for _, report in self._documents():
            name = f"{report['connector']} {report['version']}".rstrip()
            failed = report["counts"]["failed"]
            told = f", {failed} failed" if failed else ""
            passed = report["counts"]["passed"]
            reached = "in part" if in_part else report["level"]
            terminalreporter.write_line(
                f"conformance: {name}: {reached} ({passed} checks passed{told})"
            )
            for one in report["checks"]:
                if one["outcome"] == "waived":
                    line = f"conformance: {name}: waived {one['check']}: {one['sentence']}"
                    terminalreporter.write_line(line)

    def _documents(self) -> list[tuple[str, dict[str, Any]]]:
        if not self._results:
            return []
        from hub.testing.suite.report import document

        return [
            (suite, document(_facts(self._facts[suite]), [_result(one) for one in found.values()]))
            for suite, found in sorted(self._results.items())
        ]


def _facts(plain: dict[str, Any]) -> Facts:
    from hub.testing.suite.level import Facts

    return Facts(**{**plain, "borrowed": tuple(plain["borrowed"])})


def _result(plain: dict[str, Any]) -> Result:
    from hub.testing.suite.level import Result

    return Result(**plain)


def _outcome(report: pytest.TestReport) -> dict[str, str]:
    if report.outcome == "skipped":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        waived = reason.startswith("waived: ")
        return {
            "outcome": "waived" if waived else "skipped",
            "sentence": reason.removeprefix("waived: "),
        }
    if report.outcome == "failed":
        return {"outcome": "failed", "sentence": _finding(report)}
    return {"outcome": "passed"}


def _finding(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)
    return text.removeprefix("hub.testing.suite.finding.FindingError: ")[:2000]
