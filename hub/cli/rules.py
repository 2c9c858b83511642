"""`hub rules`: what the merchant decides, as files: show, check, apply, look back."""

import json
from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hub.cli.exits import NotFoundError, UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit
from hub.cli.printing import Cells, counted, print_json, print_rows, print_table, say
from hub.cli.since import Since, instant
from hub.domain.condition_tokens import ATTRIBUTES, FUNCTIONS
from hub.domain.order_rules import VARIABLES
from hub.records.order_rules import OrderRules, RuleAction
from hub.records.reorder import ReorderPolicy
from hub.services.orders.rules import ask_open_orders
from hub.services.orders.trying import try_rules
from hub.services.purchasing.planning import check_rules
from hub.services.rulebooks import BOOKS, book_named, check, put_in_force, read_file
from hub.store import rulebooks
from hub.store.rulebooks import Rulebook

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Rules as data.")

ORDER_RULES = "order_rules"

Name = Annotated[str, typer.Argument(help="A rulebook, as hub rules show lists them.")]
File = Annotated[Path, typer.Argument(help="TOML or JSON, told apart by its ending.")]

SUMMARY: Cells = {
    "rulebook": lambda row: row["name"], "version": lambda row: row["version"] or "built in",
    "applied by": lambda row: row["applied_by"], "applied": lambda row: row["applied_at"],
}  # fmt: skip
WORDS: Cells = {
    "variable": lambda row: row["variable"], "type": lambda row: row["type"],
    "meaning": lambda row: row["meaning"],
}  # fmt: skip
TRIAL: Cells = {
    "order": lambda row: row.order, "phase": lambda row: row.phase, "rule": lambda row: row.rule,
    "would": lambda row: f"{row.then} {row.value}".rstrip(), "problem": lambda row: row.problem,
}  # fmt: skip
VERSIONS: Cells = {
    "version": lambda row: row.version, "applied": lambda row: row.applied_at,
    "applied by": lambda row: row.applied_by,
}  # fmt: skip


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="One of them; without it, all.")] = "",
    version: Annotated[
        int | None, typer.Option(min=0, help="An older version; 0 is built in.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the rules that hold now, as a file that can be edited and applied."""
    with opened() as system, system.hub.store.reading() as database:
        if not name:
            rows = [_summary(rulebooks.current(database, one)) for one in BOOKS]
            return print_rows(rows, SUMMARY, as_json, "")
        book_named(name)
        shown = _version(rulebooks.history(database, name), name, version)
    document = _filled(shown)
    if as_json:
        return print_json({**_summary(shown), "document": document})
    return print_json(document)


@app.command("check")
def check_one(name: Name, file: File, as_json: Json = False) -> None:
    """Judge a file; every fault is named with its place, and nothing is changed."""
    check(name, _read(file))
    if as_json:
        return print_json({"rulebook": name, "valid": True})
    return say(f"{file} is a valid rulebook {name}.")


@app.command()
def apply(
    name: Name,
    file: File,
    now: Annotated[
        bool, typer.Option("--now", help="order_rules: ask them of every open order at once.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Let a file hold from now on; earlier decisions keep the version they were made under."""
    if now and name != ORDER_RULES:
        raise UsageError(f"--now is for {ORDER_RULES}; the others are asked when they are needed")
    rules = check(name, _read(file))
    wanted = rules.to_document()
    with opened() as system:
        if isinstance(rules, ReorderPolicy):
            check_rules(system.hub, rules)
        with system.hub.store.reading() as database:
            before = rulebooks.current(database, name)
        version = before.version
        if not dry_run:
            version = put_in_force(system.hub.store, name, wanted, operator())
        asked = ask_open_orders(system.hub) if now and not dry_run else 0
    if as_json:
        return print_json({"rulebook": name, "version": version, "dry_run": dry_run, "asked": asked,
                           "changed": _filled(before) != wanted})  # fmt: skip
    for line in unified_diff(_lines(_filled(before)), _lines(wanted), "in force", str(file), n=1):
        print(line, end="")
    if dry_run:
        return say(f"{name} would change as shown; version {before.version} holds.")
    told = f"; {counted(asked, 'open order')} looked at anew" if now else ""
    say(f"{name} version {version} holds{told}.")
    if name == ORDER_RULES and not now:
        say("Orders are asked when they change; apply it with --now, and every open one is asked: "
            "what a rule did that is gone is taken back.")  # fmt: skip


@app.command()
def variables(as_json: Json = False) -> None:
    """List what the conditions of order_rules may look at, and what may be done."""
    rows = [{"variable": name, "type": one.type.value, "meaning": one.meaning}
            for name, one in VARIABLES.items()]  # fmt: skip
    print_rows(rows, WORDS, as_json, "")
    if not as_json:
        say(f"Signs: == != < <= > >= in and or not + - * / % ( ) [ for ] ? :. "
            f"Functions: {', '.join(sorted(f'${one}' for one in FUNCTIONS))}. "
            f"Of values: {', '.join(sorted(f'.{one}' for one in ATTRIBUTES))}.")  # fmt: skip
        say(f"Actions: {', '.join(RuleAction)}.")


@app.command("try")
def try_one(
    name: Annotated[Literal["order_rules"], typer.Argument(help="order_rules.")],
    file: File,
    since: Since = "30d",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Say which orders of the past a file would touch, and how; nothing is changed."""
    rules = check(name, _read(file))
    assert isinstance(rules, OrderRules)
    with opened() as system, system.hub.store.reading() as database:
        begin = instant(since, system.hub.store.clock())
        assert begin is not None, "there is a default"
        trial = try_rules(database, rules.rules, begin)
    if as_json:
        return print_json({"orders": trial.orders, "touched": trial.touched, "would": trial.would,
                           "changed": False})  # fmt: skip
    if trial.would:
        print_table(trial.would[:limit], TRIAL)
    return say(f"{trial.touched} of {counted(trial.orders, 'order')} would be touched; "
               f"nothing was changed.")  # fmt: skip


@app.command()
def history(name: Name, as_json: Json = False) -> None:
    """List every version of a rulebook, the newest first."""
    book_named(name)
    with opened() as system, system.hub.store.reading() as database:
        rows = rulebooks.history(database, name)
    print_rows(rows, VERSIONS, as_json, f"Nobody has changed {name}; what is built in holds.")


def _version(known: list[Rulebook], name: str, version: int | None) -> Rulebook:
    built_in = Rulebook(name, rulebooks.BUILT_IN, {})
    if version is None:
        return known[0] if known else built_in
    found = next((one for one in [*known, built_in] if one.version == version), None)
    if found is None:
        raise NotFoundError(f"{name} has no version {version}; hub rules history {name}")
    return found


def _filled(book: Rulebook) -> dict[str, Any]:
    """Give a version with everything that it leaves to the defaults."""
    return check(book.name, book.document).to_document()


def _summary(book: Rulebook) -> dict[str, Any]:
    return {"name": book.name, "version": book.version, "applied_by": book.applied_by,
            "applied_at": book.applied_at}  # fmt: skip


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is no text in UTF-8") from None
    return read_file(text, toml=file.suffix != ".json")


def _lines(document: dict[str, Any]) -> list[str]:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").splitlines(keepends=True)
