"""`hub tickets`: who must be answered, and everything a person does about it."""

import sys
from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit, Reveal
from hub.cli.printing import Cells, print_json, print_rows, say, shown
from hub.cli.since import coming_instant
from hub.cli.ticket_links import links_given
from hub.cli.ticket_page import print_ticket
from hub.domain.tickets import Act, after
from hub.records.ticket import Priority, TicketState
from hub.reports.tickets import TicketFilter, list_tickets, ticket_page
from hub.services.context import Hub
from hub.services.tickets import desk
from hub.store.orders import find_order_id
from hub.store.tickets import find_ticket

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tickets.")

Number = Annotated[str, typer.Argument(help="T-1001, or 1001.")]
Note = Annotated[str, typer.Option(help="Why; stands in clear, so name nobody.")]
OrderTo = Annotated[str, typer.Option("--order", help="An order's number.")]
ParcelTo = Annotated[str, typer.Option("--parcel", help="A tracking number.")]
ReturnTo = Annotated[str, typer.Option("--return", help="A return's number.")]
TicketTo = Annotated[str, typer.Option("--ticket", help="An older ticket's number.")]

CELLS: Cells = {
    "ticket": lambda row: row.number, "title": lambda row: row.title,
    "state": lambda row: row.state, "priority": lambda row: row.priority,
    "due": lambda row: row.due_at, "for": lambda row: row.due,
    "with": lambda row: row.assignee, "about": lambda row: row.about,
    "since": lambda row: row.opened_at,
}  # fmt: skip


@app.command("list")
def list_some(
    state: Annotated[TicketState | None, typer.Option(help="Only these.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    assignee: Annotated[str, typer.Option(help="Only those with this person.")] = "",
    order: OrderTo = "",
    limit: Limit = 50,
    reveal: Reveal = False,
    as_json: Json = False,
) -> None:
    """List tickets on which something is to be done; what is due first stands first."""
    with opened() as system, system.hub.store.reading() as database:
        order_id = find_order_id(database, order) if order else ""
        wanted = TicketFilter(state or "", everything, assignee, order_id)
        rows = list_tickets(database, system.hub.store.keyring, wanted, limit, reveal)
    print_rows(rows, CELLS, as_json, "There are no such tickets.")


@app.command()
def show(number: Number, reveal: Reveal = False, as_json: Json = False) -> None:
    """Show one ticket: its clocks, what it is about, what was written and done."""
    with opened() as system, system.hub.store.reading() as database:
        page = ticket_page(database, system.hub.store.keyring, number, reveal)
    return print_json(page) if as_json else print_ticket(page)


@app.command()
def reply(
    number: Number,
    text: Annotated[str, typer.Option(help="What to write; - reads standard input.")],
    then: Annotated[TicketState, typer.Option(help="Where the ticket stands after it.")] = (
        TicketState.WAITING_CUSTOMER
    ),
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Answer the customer from the ticket's mailbox; it is sent once."""
    if then not in desk.AFTER_ANSWER:
        raise UsageError(f"--then is one of {', '.join(desk.AFTER_ANSWER)}")
    words = sys.stdin.read() if text == "-" else text
    if not words.strip():
        raise UsageError("an empty answer is not sent")
    with opened() as system:
        _may(system.hub, number, Act.ANSWERED)
        effect = "" if dry_run else desk.reply(system.hub, number, words, operator(), then)
    if as_json:
        return print_json({"ticket": number, "effect": effect, "dry_run": dry_run})
    if dry_run:
        return say(f"{number} would be answered with {len(words.split())} words.")
    return say(f"The answer is being sent: hub effects show {effect}")


@app.command()
def note(
    number: Number, text: Annotated[str, typer.Option(help="What to remember.")],
    dry_run: DryRun = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Write something down on a ticket; it goes to nobody."""
    with opened() as system:
        _may(system.hub, number, None)
        if not dry_run:
            desk.note(system.hub, number, text, operator())
    _done(number, "noted", dry_run, as_json)


@app.command()
def assign(
    number: Number,
    to: Annotated[str, typer.Option(help="Who takes care; empty: nobody.")] = "",
    priority: Annotated[Priority | None, typer.Option(help="How urgent it is.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give a ticket to somebody, and say how urgent it is; its clocks follow."""
    with opened() as system:
        _may(system.hub, number, None)
        if not dry_run:
            desk.assign(system.hub, number, to, priority)
    _done(number, f"with {to or 'nobody'}", dry_run, as_json)


@app.command()
def snooze(
    number: Number,
    until: Annotated[str, typer.Option(help="2h, 3d, or 2026-12-01T08:00Z; empty: wait.")] = "",
    waiting_for: Annotated[
        str, typer.Option("--waiting-for", help="customer or third_party, instead of a time.")
    ] = "",
    note: Note = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put a ticket away until a time, or until somebody else has moved."""
    if bool(until) == bool(waiting_for) or waiting_for not in ("", "customer", "third_party"):
        raise UsageError("say --until TIME, or --waiting-for customer or third_party")
    with opened() as system:
        at = coming_instant(until, system.hub.store.clock())
        _may(system.hub, number, Act.SNOOZED)
        if not dry_run and at is not None:
            desk.snooze(system.hub, number, at, operator(), note)
        elif not dry_run:
            desk.wait_for(system.hub, number, waiting_for == "third_party", operator(), note)
    _done(number, f"away until {shown(at or waiting_for)}", dry_run, as_json)


@app.command()
def resolve(
    number: Number, note: Note = "", dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Say that nothing is left to do; it closes by itself when nobody comes back."""
    with opened() as system:
        _may(system.hub, number, Act.RESOLVED)
        if not dry_run:
            desk.resolve(system.hub, number, operator(), note)
    _done(number, "resolved", dry_run, as_json)


@app.command()
def reopen(number: Number, note: Note = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Take a ticket up again: from waiting, from its end, from spam."""
    with opened() as system:
        _may(system.hub, number, Act.REOPENED)
        if not dry_run:
            desk.reopen(system.hub, number, operator(), note)
    _done(number, "open", dry_run, as_json)


@app.command()
def merge(
    number: Number,
    into: Annotated[str, typer.Option(help="The ticket that goes on.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make two tickets one: both histories stay, what is open goes on in the second."""
    with opened() as system:
        _may(system.hub, number, Act.MERGED)
        _may(system.hub, into, Act.SNOOZED)
        if not dry_run:
            desk.merge(system.hub, number, into, operator())
    _done(number, f"merged into {into}", dry_run, as_json)


@app.command()
def spam(number: Number, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Put a ticket away as spam; what follows on it stays there."""
    with opened() as system:
        _may(system.hub, number, Act.SPAM)
        if not dry_run:
            desk.mark_spam(system.hub, number, operator())
    _done(number, "spam", dry_run, as_json)


@app.command()
def link(
    number: Number, order: OrderTo = "", parcel: ParcelTo = "", return_: ReturnTo = "",
    ticket: TicketTo = "", dry_run: DryRun = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Tie a ticket to an order, a parcel, a return or an older ticket."""
    with opened() as system:
        _may(system.hub, number, None)
        links = links_given(system.hub, order, parcel, return_, ticket)
        if not links:
            raise UsageError("say --order, --parcel, --return or --ticket")
        if not dry_run:
            desk.link(system.hub, number, links)
    _done(number, "tied", dry_run, as_json)


@app.command("open")
def open_one(
    title: Annotated[str, typer.Argument(help="What it is about; stands in clear: name nobody.")],
    priority: Annotated[Priority, typer.Option(help="How urgent it is.")] = Priority.NORMAL,
    order: OrderTo = "", parcel: ParcelTo = "", return_: ReturnTo = "", ticket: TicketTo = "",
    dry_run: DryRun = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Open a ticket for something that no message told of."""
    with opened() as system:
        links = links_given(system.hub, order, parcel, return_, ticket)
        number = "new" if dry_run else "T-" + str(
            desk.open_by_hand(system.hub, title, operator(), links, priority)
        )  # fmt: skip
    _done(number, "open", dry_run, as_json)


def _may(hub: Hub, number: str, act: Act | None) -> None:
    """Refuse what is not there or cannot be done; raises as the act itself would."""
    with hub.store.reading() as database:
        state = find_ticket(database, number).state
    if act is not None:
        after(state, act)


def _done(number: str, what: str, dry_run: bool, as_json: bool) -> None:
    if as_json:
        return print_json({"ticket": number, "now": what, "dry_run": dry_run})
    return say(f"{number} {'would be' if dry_run else 'is'} {what}.")
