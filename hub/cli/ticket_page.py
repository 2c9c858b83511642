"""One ticket on a page: facts, clocks, what it is about, what was written, what was done."""

from hub.cli.printing import Cells, print_facts, print_table, shown
from hub.reports.tickets import TicketPage

CLOCKS: Cells = {
    "promised": lambda row: f"{row.clock} {row.round}", "state": lambda row: row.state,
    "used": lambda row: f"{row.used} of {row.of} working min", "due": lambda row: row.due_at,
    "ended": lambda row: row.ended_at,
}  # fmt: skip
ABOUT: Cells = {
    "about": lambda row: row["kind"], "which": lambda row: row["shown"],
    "state": lambda row: row.get("state", ""),
    "since": lambda row: row.get("placed_at") or row.get("handed_over_at"),
}  # fmt: skip
EXCEPTIONS: Cells = {
    "exception": lambda row: row.kind, "state": lambda row: row.state,
    "times": lambda row: row.times, "since": lambda row: row.opened_at,
    "what": lambda row: row.sentence,
}  # fmt: skip
CHANGES: Cells = {
    "at": lambda row: row.at, "act": lambda row: row.act, "from": lambda row: row.from_state,
    "to": lambda row: row.to_state, "by": lambda row: row.by, "note": lambda row: row.note,
}  # fmt: skip

DECISIONS: Cells = {
    "at": lambda row: row["at"], "decided": lambda row: row["kind"],
    "outcome": lambda row: row["outcome"], "because": lambda row: row["document"],
}  # fmt: skip


def print_ticket(page: TicketPage) -> None:
    """Print all of it, the oldest message first."""
    row = page.ticket
    print_facts({
        "ticket": row.number, "title": row.title, "state": row.state, "priority": row.priority,
        "with": row.assignee, "opened": row.opened_at, "merged here": page.merged,
        "goes on in": page.merged_into,
    })  # fmt: skip
    for rows, cells in ((page.clocks, CLOCKS), (page.about, ABOUT),
                        (page.exceptions, EXCEPTIONS)):  # fmt: skip
        if rows:
            print()
            print_table(rows, cells)
    for message in page.messages:
        machine = "machine" if message.automatic else ""
        head = (message.direction, message.delivery, message.by, message.person, machine)
        print(f"\n{shown(message.at)}  {' '.join(word for word in head if word)}")
        for line in (message.subject, *message.text.splitlines(), *message.enclosures):
            print(f"    {line}" if line else "")
    print()
    print_table(page.changes, CHANGES)
    if page.decisions:
        print()
        print_table(page.decisions, DECISIONS)
