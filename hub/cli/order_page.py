"""One order on the terminal."""

from typing import Any

from hub.cli.printing import Cells, print_facts, print_table, say, shown
from hub.reports.order_detail import OrderDetail
from hub.reports.why import routing_reasons
from hub.services.context import Hub
from hub.services.orders.tags import read_notes
from hub.store.orders import get_order
from hub.store.people import open_parties

LINES: Cells = {
    "line": lambda row: row.sku, "title": lambda row: row.title,
    "units": lambda row: row.quantity, "cancelled": lambda row: row.cancelled,
    "reserved": lambda row: row.reserved, "allocated": lambda row: row.allocated,
    "shipped": lambda row: row.shipped, "mapped": lambda row: row.mapped,
}  # fmt: skip

PARCELS: Cells = {
    "parcel": lambda row: row.id, "state": lambda row: row.state,
    "from": lambda row: row.location, "with": lambda row: f"{row.carrier} {row.service}".strip(),
    "tracking": lambda row: row.tracking_number, "cost": lambda row: row.cost,
    "calls": lambda row: [f"{one.kind} {one.state}" for one in row.effects],
}  # fmt: skip

STORY: Cells = {
    "at": lambda row: row.at, "what": lambda row: row.what, "detail": lambda row: row.detail,
}  # fmt: skip


def who(hub: Hub, order_id: str) -> dict[str, Any]:
    """Unseal who an order is for; raises `ErasedError`."""
    with hub.store.reading() as database:
        party_id = get_order(database, order_id).party_id
        parties = open_parties(database, hub.store.keyring, party_id)
        notes = read_notes(database, hub.store.keyring, order_id)
    return {"bill_to": parties.bill_to, "ship_to": parties.ship_to, "note": parties.note,
            "notes": [text for _, text in notes]}  # fmt: skip


def print_order(order: OrderDetail, people: dict[str, Any] | None) -> None:
    """Print everything about an order, from what matters now to how it came about."""
    print_facts({
        "order": order.number, "phase": order.phase, "total": order.total,
        "at the shop": f"{order.channel_status} ({order.channel_state})",
        "payment": order.verification or "not looked at", "paid": order.paid_at,
        "ships to": order.ship_country, "placed": order.placed_at, "history": order.history,
        "axes": list(vars(order.axes).values()), "tags": order.tags, "notes": order.notes,
        "wanted": {name: value for name, value in vars(order.wishes).items() if value},
    })  # fmt: skip
    print_table(order.lines, LINES)
    for hold in order.open_holds:
        until = f", until {shown(hold.expires_at)}" if hold.expires_at else ""
        print(f"held: {hold.reason}: {hold.note} (by {hold.placed_by}{until})")
    for edit in order.edits:
        print(f"edit {edit.state}: {edit.told}")
    verified = order.decision("verification")
    for check in verified.document.get("checks", []) if verified else []:
        mark = {True: "passed", False: "failed", None: "open"}[check["passed"]]
        print(f"payment check {check['name']}: {mark}: {check['reason']}")
    for reason in routing_reasons(order):
        print(f"routed: {reason}")
    if order.shipments:
        print_table(order.shipments, PARCELS)
    if people is not None:
        print_facts({name: _lines(party) for name, party in people.items()})
    else:
        say("Names and addresses are shown with --reveal.")
    print_table(order.timeline, STORY)


def print_story(order: OrderDetail, people: dict[str, Any] | None) -> None:
    """Print what happened to an order, oldest first, and its notes where they may be shown."""
    print_table(order.timeline, STORY)
    for text in (people or {}).get("notes", []):
        print(f"note: {text}")


def _lines(party: Any) -> str:
    if party is None or isinstance(party, str):
        return party or ""
    if isinstance(party, list):
        return "; ".join(party)
    values = party.to_document().values()
    flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return ", ".join(str(part) for part in flat if part)
