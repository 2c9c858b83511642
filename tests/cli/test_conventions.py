"""What holds of every command: light start, --json, exit codes, nothing secret in an error."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hub.cli import exits, failures
from hub.cli.exits import Exit
from hub.cli.lazy import load
from hub.cli.main import COMMANDS
from hub.settings import Settings
from tests.cli.conftest import Cli

HEAVY = ("sqlalchemy", "sqlmodel", "hub.store", "hub.services", "uvicorn", "jsonschema")
WRITTEN_ELSEWHERE = {"demo"}


def leaves() -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in COMMANDS.keys() - WRITTEN_ELSEWHERE:
        command = load(name, COMMANDS[name][0])
        inner = getattr(command, "commands", None)
        if inner is None:
            yield (name,), command
        else:
            yield from (((name, verb), one) for verb, one in inner.items())


@pytest.mark.parametrize("line", ["--help", "--version", "version", "version --json", "nonsense"])
def test_what_needs_no_hub_loads_none(line: str) -> None:
    script = (
        "import sys\nfrom hub.cli.main import app\n"
        f"try: app({line.split()!r}, prog_name='hub')\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.rstrip().endswith("HEAVY []"), ran.stdout


def test_every_command_speaks_json_and_explains_itself() -> None:
    for path, command in leaves():
        names = {name for option in command.params for name in option.opts}
        assert "--json" in names, path
        assert command.help, path


READS = [
    "connections list", "connections show NYC", "connections plan NYC", "connections test NYC",
    "connections webhooks NYC",
    "catalogue unmapped", "rules show", "rules variables", "rules history order_rules",
    "cartons list", "floor batches", "floor open",
    "db check", "db current", "doctor", "drift", "effects list", "events",
    "counts list", "init",
    "inventory imports", "inventory incoming", "inventory promise HB-250 --by 9d", "kits list",
    "locations bins MAIN", "locations list", "transfers list",
    "inventory show", "inventory show HB-250",
    "inventory verify",
    "jobs list", "orders list", "orders show NYC-123", "orders why NYC-128", "plugin list",
    "proposals list", "purchases list", "suppliers items", "suppliers list", "suppliers scorecard",
    "tickets list", "exceptions list",
    "quarantine list", "returns list", "schedule list", "version",
]  # fmt: skip
ELSEWHERE = {
    "tickets assign", "tickets link", "tickets merge", "tickets note", "tickets open",
    "tickets reopen", "tickets reply", "tickets resolve", "tickets show", "tickets snooze",
    "tickets spam", "exceptions ack", "exceptions ignore", "exceptions show", "orders reship",
    *(f"returns {verb}" for verb in (
        "approve", "cancel", "close", "decline", "deny", "dispose", "exchange", "grade",
        "label", "match", "orphan", "receive", "refund", "request", "sent", "show",
        "simulate", "why",
    )),
    *(f"floor {verb}" for verb in (
        "batch", "close", "pack", "pick", "picklist", "putback", "release", "scan", "short",
        "slip", "tasks",
    )),
    "cartons add", "cartons measure", "cartons remove",
    "routing explain", "routing replay", "routing try",
    "plugin check", "plugin record",
    "catalogue map", "catalogue unmap", "catalogue why", "catalogue price", "catalogue text",
    "orders cancel", "orders refund",
    "orders note", "orders shipping", "orders split", "orders tag",
    "rules apply", "rules check", "rules try",
    "proposals approve", "proposals dismiss", "proposals edit", "proposals order", "proposals plan",
    "proposals show", "purchases ack", "purchases announce", "purchases approve",
    "purchases cancel", "purchases close", "purchases create", "purchases delivery",
    "purchases hold", "purchases invoice", "purchases lose", "purchases pdf",
    "purchases receive", "purchases release", "purchases send", "purchases show",
    "suppliers add", "suppliers drop", "suppliers import", "suppliers sells", "suppliers show",
    "counts approve", "counts enter", "counts leave", "counts start",
    "inventory apply", "inventory buffer", "inventory expect", "inventory import",
    "inventory move", "inventory policy", "inventory receive", "inventory reverse",
    "inventory scrap", "inventory undo",
    "kits assemble", "kits define", "kits disassemble",
    "locations add", "locations change", "locations put", "locations walk",
    "transfers receive", "transfers send",
    "connect", "connections pause", "connections resume", "connections rotate",
    "connections disconnect", "connections stock-policy", "connections writes", "db backup",
    "db move", "db upgrade", "effects resolve", "effects show",
    "inventory adjust", "inventory publish", "jobs cancel",
    "jobs dismiss", "jobs replay",
    "jobs show", "orders handover", "orders hold", "orders label", "orders release", "relay",
    "plugin new", "quarantine retry", "replay", "quarantine show", "schedule pause",
    "schedule resume", "schedule run", "schedule set", "serve", "sync", "twin", "web", "worker",
}  # fmt: skip
"""Commands whose JSON is read by the tests of what they do."""


def test_no_command_escapes_the_json_tests() -> None:
    spoken = {" ".join(line.split()[:2]) for line in READS} | ELSEWHERE
    assert {" ".join(path) for path, _ in leaves()} == spoken


@pytest.mark.parametrize("line", READS)
def test_json_goes_alone_to_standard_output(lived: Cli, line: str) -> None:
    said = lived(*line.split(), "--json", code=None)
    assert said.data is not None and said.code in (0, 1)


@pytest.mark.parametrize("line", READS)
def test_the_same_reads_for_people_without_colour_and_uncut(lived: Cli, line: str) -> None:
    said = lived(*line.split(), code=None)
    assert said.code in (0, 1) and "\x1b" not in said.out + said.err and "…" not in said.out
    assert said.out or said.err


@pytest.mark.parametrize(("error", "code"), failures.TABLE)
def test_every_error_has_its_exit_code(error: type[Exception], code: Exit) -> None:
    raised = error.__new__(error)
    Exception.__init__(raised, "what to do")
    assert failures.explain(raised) == ("what to do", code)


@pytest.mark.parametrize("error", exits.CommandError.__subclasses__())
def test_every_error_of_the_command_line_has_its_own_code(
    error: type[exits.CommandError],
) -> None:
    assert error.exit not in (Exit.FINE, Exit.FAILURE)
    assert failures.explain(error("do this")) == ("do this", error.exit)


def test_a_setting_that_cannot_be_is_named_without_its_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(port=70_000)
    sentence, code = failures.explain(caught.value) or ("", 0)
    assert sentence.startswith("HUB_") and "70000" not in sentence and code == Exit.WRONG_USAGE


def test_an_error_never_prints_a_credential_or_a_mail_address() -> None:
    told = exits.CommandError("refused ck_0123456789abcdef0123 of ada@example.test")
    sentence, _ = failures.explain(told) or ("", 0)
    assert "ck_0123" not in sentence and "ada@" not in sentence


def test_an_unforeseen_error_is_a_fault_that_shows_no_data(
    lived: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("Ada Muster, 12 Harbor Road")

    monkeypatch.setattr("hub.cli.orders.list_orders", fail)
    said = lived("orders", "list", code=1)
    assert "RuntimeError, a fault of the hub" in said.err and "Ada" not in said.err + said.out
    told = lived("orders", "list", code=1, HUB_LOG_LEVEL="DEBUG")
    assert "Traceback" in told.err


def test_an_interrupt_ends_with_130(lived: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hub.cli.orders.list_orders", interrupt)
    lived("orders", "list", code=130)
    monkeypatch.setattr("hub.cli.sync.follow", interrupt)
    assert "hub sync NYC goes on" in lived("sync", "NYC", code=130).err


def test_what_is_not_there_ends_with_3(lived: Cli) -> None:
    for line in ("orders show 9999", "orders why GHOST", "connections show GHOST", "sync GHOST",
                 "inventory show GHOST", "jobs show GHOST", "connect ghost --code GH"):  # fmt: skip
        said = lived(*line.split(), code=3)
        assert said.err.startswith("hub: ") and "Traceback" not in said.err


def test_a_hub_without_its_key_or_with_another_one_refuses(lived: Cli) -> None:
    assert "sealed" in lived("orders", "list", code=4, HUB_SECRET_KEY=bytes(range(32)).hex()).err
    (lived.home / "key").chmod(0o644)
    assert "chmod 600" in lived("orders", "list", code=2).err
    assert lived.json("doctor", code=1)["findings"][0]["repair"] == "", "the text has the cure"
    (lived.home / "key").unlink()
    assert "the key of this hub is missing" in lived("orders", "list", code=2).err
    assert "sealed with a key that is not here" in lived("init", code=1).err


def test_a_database_that_does_not_answer_is_no_fault_of_the_hub(lived: Cli) -> None:
    nobody = "postgresql://nobody:hidden@127.0.0.1:1/hub"
    said = lived("orders", "list", code=1, HUB_DATABASE_URL=nobody)
    assert "the database does not answer" in said.err and "hidden" not in said.err
    said = lived("orders", "list", code=2, HUB_DATABASE_URL="not an address")
    assert "HUB_DATABASE_URL" in said.err


def test_only_the_first_page_of_help_speaks_of_completion(hub: Cli) -> None:
    assert "--install-completion" in hub("--help").out
    for name in ("connections", "inventory", "orders"):
        assert "--install-completion" not in hub(name, "--help").out


def test_before_init_every_command_says_what_to_do(hub: Cli, tmp_path: Path) -> None:
    for line in ("orders list", "db check", "db current", "serve", "sync NYC"):
        said = hub(*line.split(), code=None)
        assert said.code in (1, 2) and "hub init" in said.err, line
    assert hub.json("doctor", code=1)["findings"][0]["repair"].startswith("hub init")


def test_init_twice_changes_nothing(hub: Cli) -> None:
    assert hub.json("init")["new"] is True
    key = (hub.home / "key").read_bytes()
    assert hub.json("init")["new"] is False and (hub.home / "key").read_bytes() == key
    assert (hub.home / "key").stat().st_mode & 0o777 == 0o600
    assert hub.home.stat().st_mode & 0o777 == 0o700
