"""The hub and its plugins as a stranger gets them: built as wheels, installed, found."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from shutil import copytree, ignore_patterns
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Distribution → its folder, its import package, its entry points.
DISTRIBUTIONS = {
    "commerce-hub": (".", "hub", {}),
    "hub-woocommerce": (
        "plugins/woocommerce",
        "hub_woocommerce",
        {"woocommerce": "hub_woocommerce"},
    ),
    "hub-carriers": (
        "plugins/carriers",
        "hub_carriers",
        {"flatrate": "hub_carriers.flatrate"},
    ),
    "hub-payments": (
        "plugins/payments",
        "hub_payments",
        {"offline": "hub_payments.offline"},
    ),
    "hub-support": (
        "plugins/support",
        "hub_support",
        {"email": "hub_support.email"},
    ),
}
BUNDLED = {
    name: module for _, _, points in DISTRIBUTIONS.values() for name, module in points.items()
}
OURS = tuple(["__editable__", *(name.replace("-", "_") for name in DISTRIBUTIONS)])
NOT_SOURCE = ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "tests")


def declared() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="hub.plugins")}


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_plugin_is_declared_and_loads(name: str) -> None:
    point = declared()[name]
    assert point.value == BUNDLED[name]
    assert point.load().__name__ == BUNDLED[name]


def test_every_distribution_carries_the_version_of_the_hub() -> None:
    import hub

    assert {version(name) for name in DISTRIBUTIONS} == {hub.__version__}


def test_constraints_hold_names_and_versions_only() -> None:
    pin = re.compile(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*")
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    assert [line for line in lines if not pin.fullmatch(line)] == []


# --- wheels -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One wheel a distribution, built from a clean copy: a stale build folder leaks old files."""
    source = tmp_path_factory.mktemp("source") / "hub"
    built = tmp_path_factory.mktemp("wheels")
    copytree(ROOT, source, ignore=NOT_SOURCE)
    folders = [str(source / folder) for folder, _, _ in DISTRIBUTIONS.values()]
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(built), *folders)
    return {name: next(built.glob(f"{name.replace('-', '_')}-*.whl")) for name in DISTRIBUTIONS}


@pytest.fixture(scope="module")
def stranger(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment that holds our wheels, and beside them only what others wrote."""
    home = tmp_path_factory.mktemp("stranger")
    venv.create(home / "venv", symlinks=True)
    python = home / "venv/bin/python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", *map(str, wheels.values()))
    others = home / "others"
    others.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith(OURS):
            (others / path.name).symlink_to(path)
    site = next((home / "venv/lib").glob("python*/site-packages"))
    (site / "others.pth").write_text(str(others))
    return home / "venv/bin"


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_wheel_carries_every_file_of_its_package(name: str, wheels: dict[str, Path]) -> None:
    folder, package, _ = DISTRIBUTIONS[name]
    home = ROOT / folder
    written = {str(p.relative_to(home)) for p in (home / package).rglob("*") if p.is_file()}
    expected = {p for p in written if "__pycache__" not in p and not p.endswith(".md")}
    assert expected - set(ZipFile(wheels[name]).namelist()) == set()


def test_a_stranger_imports_the_wheels_and_not_the_checkout(stranger: Path) -> None:
    plugins = "hub_woocommerce, hub_carriers, hub_payments, hub_support as p"
    code = f"import hub, {plugins}; print(hub.__file__, p)"
    done = run(stranger / "python", "-c", code)
    assert str(ROOT) not in done.replace(str(stranger), "")
    assert done.startswith(str(stranger.parent))


def test_a_stranger_finds_every_bundled_plugin_in_working_order(
    stranger: Path, tmp_path: Path
) -> None:
    listed = json.loads(run(stranger / "hub", "plugin", "list", "--json", HUB_HOME=str(tmp_path)))
    assert {plugin["name"] for plugin in listed} >= BUNDLED.keys()
    assert [plugin for plugin in listed if plugin.get("error")] == []


def run(*command: str | Path, **settings: str) -> str:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PY"))
    }
    done = subprocess.run(
        command, cwd="/", env=clean | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
