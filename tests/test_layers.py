"""The laws of the house, read from the source tree itself.

import-linter holds the import laws too; here they also run where it is not installed, together
with what imports alone cannot show: clocks, names, lengths, sleeping.
"""

import ast
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.source_tree import PLUGINS, Source, lies_in, sources

Check = Callable[[Source], list[str]]

# From the ground up; a room imports from rows above its own in this table, and never from its
# neighbour in the same row.
ROWS = (
    {"records", "settings"},
    {"domain", "sdk"},
    {"store", "registry", "paper"},
    {"services", "reports"},
    {"bootstrap"},
    {"jobs"},
    {"web"},
    {"testing"},
    {"cli"},
)
HEIGHT = {room: height for height, row in enumerate(ROWS) for room in row}

# Third-party library → the only modules that may import it, as prefixes.
ONE_HOME = {
    "alembic": ("hub.store",),
    "dramatiq": ("hub.jobs",),
    "httpx": ("hub.sdk.wire", "hub.testing"),
    "imaplib": ("hub.sdk.mail",),
    "jinja2": ("hub.web",),
    "pluggy": ("hub.sdk.hooks", "hub.registry"),
    "psycopg": ("hub.store",),
    "pytest": ("hub.testing",),
    "reportlab": ("hub.paper", "hub.sdk.lettering", "hub_carriers"),
    "respx": ("hub.testing",),
    "smtplib": ("hub.sdk.mail",),
    "rule_engine": ("hub.domain.conditions",),
    "sqlalchemy": ("hub.store", "hub.services", "hub.reports", "hub.testing"),
    "sqlmodel": ("hub.store",),
}

# What a rule may import from outside hub.records. A list of the allowed, so that a new way to
# reach a clock, a disk or chance is forbidden before anyone thinks of it.
RULES_MAY_IMPORT = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "hashlib", "heapq", "holidays", "itertools", "math", "operator",
    "packvium", "pydantic", "re", "rule_engine", "statistics", "string", "types", "typing",
    "unicodedata", "zoneinfo",
}  # fmt: skip
RULES_MAY_NOT_CALL = {"now", "utcnow", "today", "open", "input", "print", "eval", "exec"}

SHAPELESS_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

LONGEST_FILE, LONGEST_FUNCTION = 300, 40  # lines
# What is longer, each with the reason why splitting would make it worse. A function is written
# "path::name". An entry that is no longer needed fails the test, so the table stays true.
_FIRST = "hub/store/migrations/versions/0001_first_schema.py"
_SECOND = "hub/store/migrations/versions/0002_open_and_unkind.py"
_THIRD = "hub/store/migrations/versions/0003_the_rules_of_the_hub.py"
DEFENDED: dict[str, str] = {
    _FIRST: "written by Alembic from the tables; read with them, never by itself",
    f"{_FIRST}::upgrade": "one statement a table, in the order of their references",
    f"{_FIRST}::downgrade": "the same, backwards",
    f"{_SECOND}::upgrade": "one statement a change, as Alembic wrote them",
    _THIRD: "written by Alembic from the tables; read with them, never by itself",
    f"{_THIRD}::upgrade": "one statement a change, in the order of their references",
    f"{_THIRD}::downgrade": "the same, backwards",
}


def offences(check: Check, where: tuple[str, ...] = ("hub", *PLUGINS)) -> list[str]:
    return [line for source in sources() if source.lies_in(*where) for line in check(source)]


def test_the_source_tree_is_seen() -> None:
    seen = {source.module for source in sources()}
    assert {"hub", "hub.records.order", *PLUGINS} <= seen


# --- who may import whom ----------------------------------------------------------------------


def wrong_direction(source: Source) -> list[str]:
    if not source.room or source.room == "__main__":
        return []
    reached = {name.split(".")[1] for name in source.imports() if name.startswith("hub.")}
    above = sorted(
        room
        for room in reached
        if room in HEIGHT and room != source.room and HEIGHT[room] >= HEIGHT[source.room]
    )
    return [f"{source.path} imports hub.{room}" for room in above]


def foreign_imports(source: Source) -> list[str]:
    """What a connector imports of the hub besides the sdk, or of another connector."""
    home = source.module.split(".")[0]
    if home not in PLUGINS:
        return [f"{source.path} imports {n}" for n in source.imports() if names_a_plugin(n)]
    allowed = ["hub.sdk"]
    if "twin" in source.module.split("."):
        allowed.append("hub.testing")
    return [
        f"{source.path} imports {name}"
        for name in source.imports()
        if (name.split(".")[0] == "hub" and not lies_in(name, allowed))
        or (names_a_plugin(name) and not lies_in(name, [home]))
    ]


def names_a_plugin(name: str) -> bool:
    return lies_in(name, PLUGINS)


def strays_from_home(source: Source) -> list[str]:
    libraries = {name.split(".")[0] for name in source.imports()} & ONE_HOME.keys()
    return [
        f"{source.path} imports {library}, whose home is {' or '.join(ONE_HOME[library])}"
        for library in sorted(libraries)
        if not source.lies_in(*ONE_HOME[library])
    ]


def plugin_names_in_text(source: Source) -> list[str]:
    """A plugin reached by its import path in a string would escape every import check."""
    path = re.compile(rf"({'|'.join(PLUGINS)})(\.\w+)*(:\w+)?")
    literals = (node.value for node in ast.walk(source.tree) if isinstance(node, ast.Constant))
    found = [text for text in literals if isinstance(text, str) and path.fullmatch(text)]
    return [f"{source.path} names a plugin: {text!r}" for text in found]


def test_every_room_of_the_hub_has_its_place_in_the_order() -> None:
    assert {source.room for source in sources()} - {"", "__main__"} <= HEIGHT.keys()


def test_a_room_looks_only_at_the_rooms_below_it() -> None:
    assert offences(wrong_direction) == []


def test_the_hub_names_no_connector_and_a_connector_sees_only_the_sdk() -> None:
    assert offences(foreign_imports) == []
    assert offences(plugin_names_in_text, where=("hub",)) == []


def test_every_library_has_one_home() -> None:
    assert offences(strays_from_home) == []


# --- what code may do where -------------------------------------------------------------------


def impure_rules(source: Source) -> list[str]:
    imported = {n for n in source.imports() if not lies_in(n, ["hub.records", "hub.domain"])}
    foreign = {n.split(".")[0] for n in imported} - RULES_MAY_IMPORT
    called = {name for name, _ in source.calls()} & RULES_MAY_NOT_CALL
    return [f"{source.path} imports {name}" for name in sorted(foreign)] + [
        f"{source.path} calls {name}()" for name in sorted(called)
    ]


def sleeps(source: Source) -> list[str]:
    """Waiting is for a condition with a deadline, or for the clock that was passed in."""
    by_name = "time.sleep" in set(source.imports())
    by_module = any(
        ast.unparse(call.func) == "time.sleep" for name, call in source.calls() if name == "sleep"
    )
    return [f"{source.path} sleeps"] if by_name or by_module else []


def delayed_messages(source: Source) -> list[str]:
    """A message that waits in the broker dies with it; due times are rows in the database."""
    return [
        f"{source.path}:{call.lineno} passes delay= to {name}()"
        for name, call in source.calls()
        if name in {"send_with_options", "enqueue", "message_with_options"}
        and (
            any(keyword.arg == "delay" for keyword in call.keywords)
            or (name == "enqueue" and source.lies_in("hub.jobs") and len(call.args) > 1)
        )
    ]


def test_rules_know_no_clock_no_chance_and_no_environment() -> None:
    assert offences(impure_rules, where=("hub.domain",)) == []


def test_nothing_sleeps_outside_the_test_kit() -> None:
    awake = [s for s in sources() if not s.lies_in("hub.testing") and ".twin" not in s.module]
    assert [line for source in awake for line in sleeps(source)] == []


def test_no_message_waits_in_the_broker() -> None:
    assert offences(delayed_messages) == []


def test_the_successor_of_httpx_cannot_be_imported() -> None:
    # respx does not see its calls, and other libraries switch to it silently when it is there.
    assert importlib.util.find_spec("httpx2") is None


# --- how files look ---------------------------------------------------------------------------


def test_every_module_says_what_it_is_for() -> None:
    assert [s.path for s in sources() if not ast.get_docstring(s.tree)] == []


def test_no_file_has_a_shapeless_name() -> None:
    named = {s.path for s in sources() if SHAPELESS_NAMES & set(Path(s.path).with_suffix("").parts)}
    assert named == set()


def long_parts(source: Source) -> list[str]:
    """The file and the functions in it that are longer than the house likes."""
    functions = (
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = [
        f"{source.path}::{function.name}"
        for function in functions
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
    return [source.path, *long] if len(source.text.splitlines()) > LONGEST_FILE else long


def test_files_and_functions_are_short_or_defended() -> None:
    assert set(offences(long_parts)) == DEFENDED.keys(), "split it, or say why not in DEFENDED"


# --- the checks can fail ----------------------------------------------------------------------


PLANTED: dict[str, tuple[Check, str, str]] = {
    "a lower room looks up": (wrong_direction, "hub.store.links", "import hub.services.work"),
    "a neighbour is known": (wrong_direction, "hub.domain.routing", "from hub import sdk"),
    "a hidden import": (wrong_direction, "hub.sdk.wire", "def f():\n    from hub.store import a"),
    "a relative import": (wrong_direction, "hub.store.links", "from ..services import pull"),
    "the hub imports a plugin": (foreign_imports, "hub.cli.demo", "import hub_carriers.flatrate"),
    "the hub spells a plugin": (plugin_names_in_text, "hub.registry", "a = 'hub_carriers.x'"),
    "a connector looks past the sdk": (foreign_imports, "hub_payments.a", "import hub.records"),
    "a connector uses the kit": (foreign_imports, "hub_payments.a", "import hub.testing"),
    "connectors meet": (foreign_imports, "hub_payments.a", "import hub_carriers"),
    "a library away from home": (strays_from_home, "hub.web.app", "from sqlalchemy import text"),
    "a connector with its own client": (strays_from_home, "hub_payments.a", "import httpx"),
    "a rule with chance": (impure_rules, "hub.domain.a", "from random import choice"),
    "a rule with a clock": (impure_rules, "hub.domain.a", "at = datetime.now(UTC)"),
    "a nap": (sleeps, "hub.jobs.relay", "import time\ntime.sleep(1)"),
    "a nap by its first name": (sleeps, "hub.jobs.relay", "from time import sleep"),
    "a late message": (delayed_messages, "hub.jobs.a", "work.send_with_options(delay=5)"),
    "a long file": (long_parts, "hub.domain.a", "a = 1\n" * 301),
    "a long function": (long_parts, "hub.domain.a", "def f():\n" + "    a = 1\n" * 40),
    "a late message by place": (delayed_messages, "hub.jobs.a", "broker.enqueue(message, 5)"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_offence_is_found(what: str) -> None:
    check, module, text = PLANTED[what]
    assert len(check(Source.parse(module, text))) == 1


def test_what_is_allowed_is_left_alone() -> None:
    assert wrong_direction(Source.parse("hub.store.a", "from hub.records import order")) == []
    assert foreign_imports(Source.parse("hub_payments.twin.a", "import hub.testing.kit")) == []
    assert strays_from_home(Source.parse("hub.reports.sales", "import sqlalchemy")) == []
