"""A new connector package, green from the first minute.

The models beside this file are connectors themselves, one for each family, for a vendor called
Acme: they are checked like all other code. A new package is such a model under another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from hub.sdk.connector import Connector
from hub.testing.scaffold.papers import PYPROJECT, README

FAMILIES = ("storefront", "carrier", "payments")
HOUSE_RULES = "# ruff: noqa: D103\n"
"""Said to the house's own lint; a new package has its own."""

NAME = re.compile(r"[a-z][a-z0-9]{1,19}")


TITLE = re.compile(r"\w[\w .&+-]{0,39}")


class ScaffoldError(ValueError):
    """A package of this kind cannot be written; the text says why."""


def write_package(name: str, folder: Path, family: str = "storefront", title: str = "") -> Path:
    """Write the package `hub-NAME` into `folder`; gives its own folder.

    Raises `ScaffoldError` for a name that cannot be one, or a folder that has something in it.
    """
    if not NAME.fullmatch(name):
        raise ScaffoldError(
            f"{name!r} is no name: one lower-case word of 2 to 20 letters and digits, such as "
            "brightcart"
        )
    if family not in FAMILIES:
        raise ScaffoldError(f"there is no model for {family!r}; there are {', '.join(FAMILIES)}")
    if not TITLE.fullmatch(title or name):
        raise ScaffoldError(f"{title!r} is no title: letters, digits, spaces and . & + - only")
    place = folder / f"hub-{name}"
    if place.exists() and any(place.iterdir()):
        raise ScaffoldError(f"{place} is not empty")
    for path, text in package(name, family, title or name.capitalize()).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    return place


def package(name: str, family: str, title: str) -> Mapping[str, str]:
    """Give the files of a new package: path → text."""
    words = {
        "name": name, "title": title, "code": name.upper()[:12],
        "abilities": _abilities(family, name, title), **_WORDS[family],
    }  # fmt: skip
    model = {
        _placed(path, name): _renamed(text, family, name, title) for path, text in _model(family)
    }
    return {
        "pyproject.toml": Template(PYPROJECT).substitute(words),
        "README.md": Template(README).substitute(words),
        f"hub_{name}/py.typed": "",
        **model,
    }


_WORDS: Mapping[str, Mapping[str, str]] = {
    "storefront": {"address": "url", "extra": "| `webhooks.py` | judges what arrives |\n"},
    "carrier": {"address": "url", "extra": ""},
    "payments": {"address": "url", "extra": ""},
}


def _model(family: str) -> Iterator[tuple[str, str]]:
    """Walk the files of a model."""
    yield from _walk(files(__name__) / family, "")


def _walk(place: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(place.iterdir(), key=lambda one: one.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _walk(entry, f"{path}{entry.name}/")
        elif entry.name.endswith((".py", ".json")):
            yield f"{path}{entry.name}", entry.read_text("utf-8")


def _placed(path: str, name: str) -> str:
    if path.startswith("trial/"):  # a folder called tests would be left out of many a wheel
        return path.replace("trial", "tests", 1)
    return f"hub_{name}/{path}"


def _renamed(text: str, family: str, name: str, title: str) -> str:
    """Put the new names in place of the model's; the class keeps to the letters of the name."""
    text = text.removeprefix(HOUSE_RULES).replace(f"hub.testing.scaffold.{family}", f"hub_{name}")
    text = re.sub(r"\b(class |factory=|class Test)Acme\b", rf"\g<1>{name.capitalize()}", text)
    text = text.replace("X-Acme-", f"X-{name.capitalize()}-")
    return text.replace("Acme", title).replace("acme", name)


def _abilities(family: str, name: str, title: str) -> str:
    connector: Connector = import_module(f"{__name__}.{family}").CONNECTOR
    can = "".join(f"| `{one.__name__}` | yes |\n" for one in connector.provides)
    cannot = "".join(f"| `{one.__name__}` | {why} |\n" for one, why in connector.lacks.items())
    return "| Capability | |\n|---|---|\n" + _renamed(can + cannot, family, name, title)
