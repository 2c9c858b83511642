"""A new connector package: found by the hub, green, clean, and nobody else's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub.registry import load_plugins
from hub.testing.scaffold import FAMILIES, ScaffoldError, package, write_package

ROOT = Path(__file__).parents[2]
MODULES = {"client.py", "mapping.py", "twin.py", "config.schema.json", "__init__.py", "py.typed"}


def run(folder: Path, *command: str) -> str:
    """Run a Python module in the package's folder, as its developer would; gives what it said."""
    env = os.environ | {
        "PYTHONPATH": str(folder), "MYPYPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(folder: Path) -> None:
    """Do what `pip install -e` does for the finder of plugins, without a network."""
    run(folder, "-W", "ignore", "-c", "from setuptools import setup; setup()", "-q", "egg_info")


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_package_is_found_and_green(family: str, tmp_path: Path) -> None:
    place = write_package("brightcart", tmp_path, family, "Bright Cart")
    install(place)
    found = run(
        place, "-c",
        "from hub.registry import load_plugins\n"
        "one = load_plugins(('brightcart',)).connectors['brightcart']\n"
        "print(one.title, one.family, one.factory.__name__, one.twin)",
    )  # fmt: skip
    assert found.strip() == f"Bright Cart {family} Brightcart hub_brightcart.twin:twin"
    said = run(place, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=100")
    passed = re.search(r"(\d+) passed", said)
    assert passed and int(passed[1]) > 60 and "failed" not in said


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_package_is_typed_strictly(
    family: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = write_package("brightcart", tmp_path, family)
    cache = tmp_path_factory.getbasetemp() / "mypy"  # what mypy knows of the hub itself
    assert "no issues" in run(place, "-m", "mypy", "--cache-dir", str(cache))


@pytest.mark.parametrize("name", ["ab", "brightcart", "a1b2c3d4e5f6g7h8i9j0"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_new_package_is_clean_whatever_its_name(family: str, name: str, tmp_path: Path) -> None:
    place = write_package(name, tmp_path, family)
    for how in (["check"], ["format", "--check"]):
        run(place, "-m", "ruff", *how, "--no-cache", ".")


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_of_the_model_is_left_in_a_new_package(family: str) -> None:
    files = package("brightcart", family, "Brightcart")
    assert {path.partition("/")[2] for path in files if path.startswith("hub_")} >= MODULES
    for path, text in files.items():
        assert "acme" not in text.lower() and "scaffold" not in text, path
        assert "$" not in text.replace('"$schema"', ""), path


@pytest.mark.parametrize("family", FAMILIES)
def test_every_model_is_a_connector_that_covers_its_family(family: str) -> None:
    module = f"hub.testing.scaffold.{family}"
    (plugin,) = [one for one in load_plugins(("none",), (module,)).plugins if one.module == module]
    assert plugin.error == "" and [one.family for one in plugin.connectors] == [family]


@pytest.mark.parametrize("name", ["Bright", "bright-cart", "b", "9lives", "", "x" * 21, "../up"])
def test_what_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="no name"):
        write_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_title_cannot_break_out_of_its_text(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="no title"):
        write_package("brightcart", tmp_path, title='"; import os')


def test_a_family_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="there are storefront, carrier, payments"):
        write_package("brightcart", tmp_path, "supplier")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hub-brightcart").mkdir()
    (tmp_path / "hub-brightcart" / "mine.txt").write_text("mine")
    with pytest.raises(ScaffoldError, match="not empty"):
        write_package("brightcart", tmp_path)
    assert len(list((tmp_path / "hub-brightcart").iterdir())) == 1
