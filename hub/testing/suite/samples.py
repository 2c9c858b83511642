"""The sample files of a connector: what its vendor really says, and what it may be asked.

orders/*.json       one raw record each, for the translation `to_order`; `listings/` and so on,
                    and `messages/*.eml`, each a mail as its server gives it.
                    A name that begins with `bad` must be a mapping error, one that begins with
                    `unknown-status` carries a status nobody has heard of
webhooks/*.json     {"headers", "body" (text), "about": [{"kind", "external_id", "deleted"}]}
errors/*.json       {"verb", "method", "status", "headers", "body", "raises", "says"}: vendor's
                    refusals; without `method` whatever the verb asks first is refused
<verb>.json         the arguments of a verb, by name: push_stock.json, buy_label.json
recordings/*.json   dated exchanges with a real vendor, written by `hub plugin record`
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from hub.sdk.secrets import Secret
from hub.testing.suite.finding import found
from hub.testing.suite.verbs import Verb


@dataclass(frozen=True)
class Sample:
    """One file of raw bytes."""

    name: str
    raw: bytes
    is_json: bool = True

    @property
    def document(self) -> Any:
        """Its content, decoded; None for a mail, which is no document."""
        return json.loads(self.raw) if self.is_json else None

    @property
    def is_bad(self) -> bool:
        """Whether nobody is to understand it."""
        return self.name.startswith("bad")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Samples:
    """A folder of samples; None for a connector that needs none."""

    folder: Path | None

    def of(self, kind: str) -> tuple[Sample, ...]:
        """Give the files of one kind in the order of their names."""
        folder = self.folder / kind if self.folder else None
        files = sorted(folder.iterdir()) if folder and folder.is_dir() else []
        return tuple(
            Sample(file.stem, file.read_bytes(), file.suffix == ".json")
            for file in files
            if file.suffix in (".json", ".eml")
        )

    def arguments(self, verb: Verb) -> Mapping[str, Any] | None:
        """Give the arguments a file holds for a verb; None without one."""
        file = self.folder / f"{verb.method}.json" if self.folder else None
        if file is None or not file.is_file():
            return None
        return decoded(verb, json.loads(file.read_text("utf-8")), file.name)


def decoded(verb: Verb, given: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """Turn plain data into the arguments of a verb: the hub's own records."""
    strange = set(given) - set(verb.parameters)
    if strange:
        found(f"{source}: {', '.join(sorted(strange))} is no argument of {verb}")
    return {name: _argument(verb.hints[name], value) for name, value in given.items()}


def _argument(kind: Any, value: Any) -> Any:
    if kind is Secret:
        return Secret(value)
    return TypeAdapter(kind).validate_json(json.dumps(value))
