"""Puts a connector on trial in a process of its own, and brings back the report."""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hub.registry import Plugin, UnknownConnectorError, load_plugins
from hub.sdk.errors import ConfigError

LONGEST = 600.0
"""Seconds; a plugin may never come back."""

_SUITE = re.compile(r"^class \w+\(.*\bConnectorSuite\b", re.M)


class NoTrialError(ConfigError):
    """There is nothing to run, or nothing to run it with."""


@dataclass(frozen=True)
class Trial:
    """The test modules to run, and whose suites in them; `connector` is "all" for a folder."""

    folder: Path
    modules: tuple[Path, ...]
    connector: str


def trial_of(named: str) -> Trial:
    """Find the suites of an installed connector, or those in a folder.

    Raises `NoTrialError`, and `UnknownConnectorError` for a name that nobody brings.
    """
    if find_spec("pytest") is None:
        raise NoTrialError("pytest is not installed here: pip install 'commerce-hub[test]'")
    path = Path(named)
    if path.exists() and (path.suffix == ".py" or path.is_dir()):
        modules = _suites_in(path)
        if not modules:
            raise NoTrialError(f"{path} holds no class that derives from ConnectorSuite")
        return Trial(path if path.is_dir() else path.parent, modules, "all")
    return _of_connector(named)


def _of_connector(name: str) -> Trial:
    plugin = _bringing(name)
    spec = importlib.util.find_spec(plugin.module.partition(":")[0])
    if spec is None or spec.origin is None:
        raise NoTrialError(f"the module {plugin.module} has no file")
    project = next((f for f in Path(spec.origin).parents if (f / "pyproject.toml").exists()), None)
    modules = _suites_in(project / "tests") if project and (project / "tests").is_dir() else ()
    own = tuple(
        m for m in modules if re.search(rf"connector\b.*=.*[\"']{name}[\"']", m.read_text())
    )
    return Trial(project or Path(spec.origin).parent, own, name)


def _bringing(name: str) -> Plugin:
    registry = load_plugins()
    for plugin in registry.plugins:
        broken = plugin.error and plugin.name == name  # the trial will say what is wrong with it
        if broken or any(one.name == name for one in plugin.connectors):
            return plugin
    known = ", ".join(sorted(registry.connectors)) or "none"
    raise UnknownConnectorError(f"no plugin brings {name!r}; the connectors are {known}")


def _suites_in(place: Path) -> tuple[Path, ...]:
    files = [place] if place.is_file() else sorted(place.rglob("test_*.py"))
    mine = [f for f in files if not any(p.startswith(".") for p in f.relative_to(place).parts)]
    return tuple(file for file in mine if _SUITE.search(file.read_text("utf-8")))


def run(trial: Trial) -> list[dict[str, Any]]:
    """Run the suites and give a report for each; raises `NoTrialError` when none was written."""
    with tempfile.TemporaryDirectory(prefix="hub-trial-") as made:
        folder = Path(made)
        modules = trial.modules or (_written(folder, trial),)
        report = folder / "report.json"
        ran = _pytest(trial, modules, folder, report)
        if not report.exists() or not (found := json.loads(report.read_text("utf-8"))):
            said = (ran.stdout + ran.stderr).strip()[-2000:]
            raise NoTrialError(f"the trial did not come to an end:\n{said}")
    return list(found)


def _pytest(
    trial: Trial, modules: Sequence[Path], folder: Path, report: Path
) -> subprocess.CompletedProcess[str]:
    nothing = folder / "pytest.ini"  # the settings of whatever project stands around are not ours
    nothing.write_text("[pytest]\n")
    command = [
        sys.executable, "-m", "pytest", "-q", "--tb=line", "--noconftest", "-c", str(nothing),
        "-p", "hub.testing.pytest_plugin", "-p", "no:cacheprovider", "--import-mode=importlib",
        f"--basetemp={folder / 'work'}", f"--conformance={trial.connector}",
        f"--conformance-report={report}", *(str(module.resolve()) for module in modules),
    ]  # fmt: skip
    try:
        return subprocess.run(
            command, cwd=trial.folder, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoTrialError(f"the trial did not end within {LONGEST:g} s") from None


def _written(folder: Path, trial: Trial) -> Path:
    """Write the suite of a connector that came without one: what can be asked of anybody."""
    module = folder / "test_conformance.py"
    lines = [
        "from pathlib import Path",
        "from hub.testing import ConnectorSuite",
        "class TestConnector(ConnectorSuite):",
        f"    connector = {trial.connector!r}",
        f"    samples = Path({str(trial.folder / 'samples')!r})",
    ]
    module.write_text("\n".join(lines) + "\n")
    return module
