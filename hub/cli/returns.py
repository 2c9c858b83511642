"""`hub returns`: goods that come back: find, explain, decide, receive, grade, pay."""

from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import return_changes, return_goods
from hub.cli.exits import ConflictError
from hub.cli.opening import opened
from hub.cli.options import Json, Limit
from hub.cli.printing import Cells, counted, print_facts, print_json, print_rows, print_table, say
from hub.cli.return_acts import Number
from hub.domain.returns import custody, money
from hub.domain.returns_simulation import Outcome, answer_of, simulate
from hub.records.money import from_minor
from hub.records.return_policy import ReturnPolicy
from hub.records.returns import ReturnState
from hub.reports.returns import (
    list_returns,
    past_cases,
    payments_of,
    reasons_for,
    story_of,
)
from hub.services.returns.paper import label_of
from hub.services.returns.rows import StoredReturn, find_return, get_return, policy_of
from hub.services.rulebooks import check, read_file
from hub.store.orders import find_order_id

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Goods that come back.")

LIST: Cells = {
    "return": lambda row: row.number, "order": lambda row: row.order,
    "state": lambda row: row.state, "asked": lambda row: row.requested_at,
    "until": lambda row: row.expires_at, "units": lambda row: row.units,
    "question": lambda row: row.question,
}  # fmt: skip
COLUMNS = ("sku", "reason", "asked", "authorised", "unexpected", "received", "missing", "graded",
           "disposed")  # fmt: skip
LINES: Cells = {name: itemgetter(name) for name in (*COLUMNS, "for", "goods", "money")}
STORY: Cells = {
    "at": lambda row: row.at, "what": lambda row: row.what, "by": lambda row: row.by,
}  # fmt: skip
MONEY: Cells = {
    "payment": lambda row: row.kind, "state": lambda row: row.state,
    "amount": lambda row: row.amount, "because": lambda row: row.reason,
    "agreed by": lambda row: row.agreed_by,
}  # fmt: skip

app.command()(return_changes.request)
app.command("approve")(return_changes.approve_one)
app.command("decline")(return_changes.decline_one)
app.command("cancel")(return_changes.cancel_one)
app.command("close")(return_changes.close_one)
app.command()(return_changes.exchange)
app.command("match")(return_changes.match_one)
app.command()(return_changes.refund)
app.command("deny")(return_changes.deny_some)
app.command()(return_goods.sent)
app.command("receive")(return_goods.receive_some)
app.command()(return_goods.orphan)
app.command("grade")(return_goods.grade_some)
app.command("dispose")(return_goods.dispose_some)


@app.command("list")
def list_some(
    state: Annotated[ReturnState | None, typer.Option(help="Only these.")] = None,
    order: Annotated[str, typer.Option(help="Of one order.")] = "",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List returns, the newest first."""
    with opened() as system, system.hub.store.reading() as database:
        order_id = find_order_id(database, order) if order else ""
        rows = list_returns(database, state or "", order_id, limit)
    print_rows(rows, LIST, as_json, "There are no such returns.")


@app.command()
def show(number: Number, as_json: Json = False) -> None:
    """Show one return: goods and money of each line, and its whole story."""
    with opened() as system, system.hub.store.reading() as database:
        stored = get_return(database, find_return(database, number))
        paid = payments_of(database, stored.id)
        story = story_of(database, stored.id)
    lines = [_line(stored, line) for line in stored.lines]
    head = {
        "return": stored.row.number, "state": stored.state(), "asked": stored.row.requested_at,
        "until": stored.row.expires_at, "question": stored.row.question,
        "parcels": [f"{one.state} {one.tracking_number}".strip() for one in stored.parcels],
    }  # fmt: skip
    if as_json:
        return print_json({**head, "lines": lines, "payments": paid, "story": story})
    print_facts(head)
    print_table(lines, LINES)
    if paid:
        print_table(paid, MONEY)
    return print_table(story, STORY)


def _line(stored: StoredReturn, line: Any) -> dict[str, object]:
    return {
        **{name: getattr(line, name) for name in COLUMNS}, "for": line.resolution,
        "goods": custody(stored.goods(line)), "money": money(stored.dues(line)),
    }  # fmt: skip


@app.command()
def why(number: Number, as_json: Json = False) -> None:
    """Say why a return was answered, graded and paid as it was, by which rules."""
    with opened() as system, system.hub.store.reading() as database:
        found = reasons_for(database, find_return(database, number))
    if as_json:
        return print_json(found)
    for one in found:
        by = f"{one.rule}, policy {one.policy_version or 'built in'}"
        print(f"{one.kind.replace('_', ' ')}: {one.outcome} ({by})")
        for reason in one.because:
            print(f"  {reason}")
    return None if found else say("Nothing was decided by itself.")


@app.command()
def label(
    number: Number,
    out: Annotated[Path, typer.Option(help="The file; it names the customer.")],
    as_json: Json = False,
) -> None:
    """Write the return label to a file."""
    with opened() as system, system.hub.store.reading() as database:
        stored = get_return(database, find_return(database, number))
        found = label_of(database, system.hub.store.keyring, stored)
    if found is None:
        raise ConflictError(f"{number} has no label here; hub returns show {number}")
    out.touch(mode=0o600)
    out.write_bytes(found.document)
    if as_json:
        return print_json({"file": str(out), "format": found.format})
    return print(out)


@app.command("simulate")
def simulate_policy(
    file: Annotated[Path, typer.Argument(help="A return policy, TOML or JSON.")],
    as_json: Json = False,
) -> None:
    """Try a return policy on all past returns; changes nothing."""
    document = read_file(file.read_text(encoding="utf-8"), toml=file.suffix != ".json")
    wanted = check("return_policy", document)
    assert isinstance(wanted, ReturnPolicy), "the rulebook of this name"
    with opened() as system, system.hub.store.reading() as database:
        now = policy_of(database).rules
        cases = past_cases(database)
    before, after = simulate(now, cases), simulate(wanted, cases)
    changed = [
        {"return": case.number, "now": answer_of(now, case), "then": answer_of(wanted, case)}
        for case in cases
        if answer_of(now, case) != answer_of(wanted, case)
    ]
    if as_json:
        return print_json({"returns": len(cases), "now": before, "then": after,
                           "changed": changed})  # fmt: skip
    print(f"{counted(len(cases), 'past return')}; now → then:")
    for name, told in _compared(before, after):
        print(f"  {name}: {told}")
    for one in changed:
        print(f"  {one['return']}: {one['now']} → {one['then']}")
    return None


def _compared(before: Outcome, after: Outcome) -> list[tuple[str, str]]:
    rows = []
    for title, one, other in (
        ("answer", before.answers, after.answers),
        ("units", before.dispositions, after.dispositions),
    ):
        for name in sorted({*one, *other}):
            rows.append((f"{title} {name}", f"{one.get(name, 0)} → {other.get(name, 0)}"))
    for currency in sorted({*before.given_back, *after.given_back}):
        then = [from_minor(given.get(currency, 0), currency)
                for given in (before.given_back, after.given_back)]  # fmt: skip
        rows.append((f"given back {currency}", " → ".join(then)))
    return rows
