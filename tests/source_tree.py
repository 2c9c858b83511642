"""The hub's and the plugins' own source code, read as text and syntax trees."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLUGINS = ("hub_woocommerce", "hub_carriers", "hub_payments", "hub_support")


def lies_in(name: str, places: Iterable[str]) -> bool:
    """Whether a dotted name is one of these places or inside one."""
    return any(f"{name}.".startswith(f"{place}.") for place in places)


@dataclass(frozen=True)
class Source:
    """One module as it is written: its dotted name, its text and its syntax tree."""

    module: str
    path: str
    text: str
    tree: ast.Module

    @classmethod
    def parse(cls, module: str, text: str, path: str = "planted.py") -> "Source":
        return cls(module, path, text, ast.parse(text))

    @property
    def room(self) -> str:
        """The part of the hub this module stands in, "" for `hub` itself and for others."""
        package, *inside = self.module.split(".")
        return inside[0] if package == "hub" and inside else ""

    def lies_in(self, *places: str) -> bool:
        return lies_in(self.module, places)

    def imports(self) -> Iterator[str]:
        """Every imported name in dotted form, also those inside functions and for types only."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                yield from (f"{origin}.{alias.name}" for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        is_package = self.path.endswith("__init__.py")
        parts = self.module.split(".")
        above = parts[: len(parts) - node.level + is_package]
        return ".".join([*above, node.module] if node.module else above)

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the last part of its name: `time.sleep(1)` gives `sleep`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Attribute):
                    yield node.func.attr, node
                elif isinstance(node.func, ast.Name):
                    yield node.func.id, node


@cache
def sources() -> tuple[Source, ...]:
    """Every module of the hub and of the bundled plugins, in the order of their paths."""
    homes = [ROOT, *sorted((ROOT / "plugins").iterdir())]
    packages = ["hub", *PLUGINS]
    paths = [p for home in homes for name in packages for p in (home / name).rglob("*.py")]
    return tuple(_read(path) for path in sorted(paths))


def _read(path: Path) -> Source:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[2:] if parts[0] == "plugins" else parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Source.parse(module, path.read_text("utf-8"), str(path.relative_to(ROOT)))
