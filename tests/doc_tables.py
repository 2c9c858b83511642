"""The tables of both READMEs, made from the code; `python -m tests.doc_tables` writes them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.cli.lazy import load
from hub.cli.main import COMMANDS
from hub.sdk import errors, hooks
from hub.sdk.capabilities import CAPABILITIES
from hub.sdk.connector import Connector, EffectTraits, RateLimit
from hub.testing.twins.faults import AFTER, BEFORE, INSIDE, WEBHOOK, Fault
from hub.testing.twins.profiles import DAY, HOUR, MINUTE, PROFILES

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "plugins" / "README.md")
PLACE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.S)
Rows = Iterator[Sequence[str]]


def hook_rows() -> Rows:
    """Each hook with its arguments; observers are those that are told something."""
    yield "Hook", "What it is for", "When"
    for name, hook in vars(hooks).items():
        if name.startswith("hub_"):
            given = ", ".join(inspect.signature(hook).parameters)
            when = "after the fact; a failure is logged" if given else "at start, or it is broken"
            yield f"`{name}({given})`", _first(hook), when


def capability_rows() -> Rows:
    """Each capability with its methods, and what `effects` has to say of it."""
    yield "Family", "Capability", "What it is for", "Methods", "Its traits in `effects`"
    for family, protocols in CAPABILITIES.items():
        for protocol in protocols:
            methods = [name for name in vars(protocol) if _is_verb(protocol, name)]
            names = " ".join(f"`{name}`" for name in methods)
            yield family, f"`{protocol.__name__}`", _first(protocol), names, _traits(protocol)


def _traits(protocol: type) -> str:
    keyed = any("key" in inspect.signature(verb).parameters for verb in _verbs(protocol))
    finder = next((verb.__name__ for verb in _verbs(protocol) if verb.__name__[:5] == "find_"), "")
    if not keyed:
        return "none: nothing is spent or created"
    return f"required; `lookup` means `{finder}`" if finder else "required; no look-up"


def _verbs(protocol: type) -> list[Callable[..., Any]]:
    return [verb for name, verb in vars(protocol).items() if _is_verb(protocol, name)]


def _is_verb(protocol: type, name: str) -> bool:
    return not name.startswith("_") and inspect.isfunction(vars(protocol)[name])


def error_rows() -> Rows:
    """Each error that a connector raises or meets."""
    yield "Error", "What it means and what follows"
    for name, kind in vars(errors).items():
        ours = inspect.isclass(kind) and kind.__module__ == errors.__name__
        if ours and name not in ("HubError", "ConnectorError"):
            yield f"`{name}`", " ".join((inspect.getdoc(kind) or "").split())


MEANINGS: Mapping[type, Mapping[str, str]] = {
    Connector: {
        "name": "one word, the entry point's too",
        "title": "the vendor's name as people write it",
        "family": "what the vendor is for",
        "factory": "makes the connector of one connection from an `Opening`",
        "config_schema": "the fields of a connection, as JSON Schema; secrets are `writeOnly`",
        "provides": "the capabilities it has",
        "lacks": "those of its family it has not: capability → sentence for the merchant",
        "webhook_topics": "what the vendor is asked to send",
        "rate": "what the vendor allows",
        "effects": "capability → what can be relied on after a lost answer",
        "poll_every": "how often the hub asks what changed",
        "twin": "import string of the simulated vendor",
        "links": "pages for people: documentation, keys",
        "sdk": "the SDK version it was written for",
    },
    RateLimit: {
        "calls": "so many calls",
        "per": "in this time",
        "concurrency": "at most so many at once",
    },
    EffectTraits: {
        "key_retention": "how long a repeated key is answered as the first time; None: no keys",
        "lookup": "the effect can be found by our key",
        "settle": "how long a look-up may still come too early",
        "compare_and_set": "stock is set only where it still shows what the hub believes",
    },
}


def descriptor_rows() -> Rows:
    """Each field of the descriptor and of the two records in it."""
    yield "Field", "If left out", "What it says"
    for kind, meanings in MEANINGS.items():
        for one in fields(kind):
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            shown = "required" if default is MISSING else _plain(default)
            yield f"`{kind.__name__}.{one.name}`", shown, meanings[one.name]


def fault_rows() -> Rows:
    """Each fault of a twin."""
    yield "Fault", "When", "What happens"
    moments = ((BEFORE, "instead of the work"), (INSIDE, "within the work"),
               (AFTER, "after the work"), (WEBHOOK, "to a webhook"))  # fmt: skip
    for kinds, moment in moments:
        for kind, what in kinds.items():
            yield f"`{kind}`", moment, what


def profile_rows() -> Rows:
    """Each profile; the worst is told by what it joins."""
    yield "Profile", "Weather", "Faults"
    for name, profile in PROFILES.items():
        told = "; ".join(map(_likelihood, profile.faults))
        if name == "worst":
            others = [one for one in PROFILES if one not in ("calm", "worst")]
            told = "those of " + ", ".join(f"`{one}`" for one in others)
        yield f"`{name}`", profile.title, told or "none"


def _likelihood(fault: Fault) -> str:
    parts = [f"`{fault.kind}` {fault.rate * 100:g} %"]
    if fault.method != ".*":
        parts.append(f"of {fault.method.replace('|', ', ')}")
    if fault.seconds:
        least = f"{_span(fault.least)} to " if fault.least is not None else ""
        parts.append(f"({least}{_span(fault.seconds)})")
    if fault.retry_after is not None:
        parts.append(f"(retry after {fault.retry_after})")
    if fault.every:
        parts.append(f"for {_span(fault.lasting)} of every {_span(fault.every)}")
    return " ".join(parts)


def _span(seconds: float) -> str:
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _plain(value: object) -> str:
    if isinstance(value, timedelta):
        return _span(value.total_seconds())
    return "nothing" if value in ((), {}, None) else f"`{value}`"


def _first(thing: object) -> str:
    paragraph = (inspect.getdoc(thing) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


def command_rows() -> Rows:
    """Each command with its parts."""
    yield "Command", "Its parts", "What it does"
    for name, (place, about) in COMMANDS.items():
        parts = getattr(load(name, place), "commands", {})
        yield f"`hub {name}`", " ".join(f"`{part}`" for part in sorted(parts)), about


TABLES: Mapping[str, Callable[[], Rows]] = {
    "commands": command_rows,
    "hooks": hook_rows,
    "capabilities": capability_rows,
    "errors": error_rows,
    "descriptor": descriptor_rows,
    "faults": fault_rows,
    "profiles": profile_rows,
}


def table(name: str) -> str:
    """Give one table as Markdown."""
    head, *rows = TABLES[name]()
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def written(page: str) -> str:
    """Give the page with every table made anew."""
    return PLACE.sub(lambda place: f"{place[1]}\n{table(place[2])}\n{place[3]}", page)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(written(page.read_text("utf-8")), "utf-8")
