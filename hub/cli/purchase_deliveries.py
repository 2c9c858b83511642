"""`hub purchases announce`, `delivery`, `receive`: what is on its way and what came."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from hub.cli.buying import Number, Quantities, came, quantities, told
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json
from hub.cli.since import coming_instant
from hub.domain.purchasing import PurchaseAct
from hub.records.purchase import InboundState
from hub.services.purchasing import inbound
from hub.services.purchasing.receiving import receive_purchase
from hub.services.purchasing.stored import refuse_unless
from hub.store.ids import new_id


class Said(StrEnum):
    """What a person may say of an announced delivery; the rest follows from receipts."""

    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    SHORT_CLOSED = "short_closed"
    REFUSED = "refused"
    LOST = "lost"


Reference = Annotated[str, typer.Argument(help="The delivery note or tracking number.")]


def announce(
    number: Number,
    reference: Reference,
    expected: Annotated[str, typer.Option(help="When it will be here: 3d, or 2026-12-01.")],
    lines: Quantities = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Keep a supplier's word of a delivery; the same reference again moves its day."""
    day = coming_instant(expected, datetime.now(UTC))
    assert day is not None
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.ANNOUNCE)
        if not dry_run:
            inbound.announce_inbound(system.hub, number, reference, day, quantities(lines))
    told(as_json, dry_run, f"{reference} of {number} is expected on {day:%Y-%m-%d}.",
         order=number, delivery=reference, expected_at=day)  # fmt: skip


def delivery(
    number: Number,
    reference: Reference,
    state: Annotated[Said, typer.Argument(help="Where it is.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say where an announced delivery is."""
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.ANNOUNCE)
        if not dry_run:
            inbound.move_inbound(system.hub, number, reference, InboundState(state.value))
    told(as_json, dry_run, f"{reference} is {state.replace('_', ' ')}.",
         order=number, delivery=reference, state=state)  # fmt: skip


def receive(
    number: Number,
    lines: Annotated[
        list[str], typer.Argument(metavar="SKU=UNITS[:BUCKET]…", help="TEE=55 TEE=5:damaged")
    ],
    note: Annotated[str, typer.Option(help="About what went into a bucket.")] = "",
    delivery: Annotated[str, typer.Option(help="The announced delivery it came with.")] = "",
    command_id: Annotated[
        str, typer.Option(help="The same id never books twice: for scripts that repeat.")
    ] = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book what came, good units and others; waiting orders are served at once."""
    parts = came(lines, note)
    command = command_id or f"cli:{new_id()}"
    with opened() as system:
        refuse_unless(system.hub, number, PurchaseAct.RECEIVE)
        done = None
        if not dry_run:
            done = receive_purchase(system.hub, number, parts, command, operator(), delivery)
    units = sum(part.units for part in parts)
    sentence = f"{units} units of {number} are booked."
    if done and not done.new:
        sentence = "This command was carried out before; nothing was booked."
    elif done and done.over:
        sentence += f" {done.over} more than were ordered: see the ticket."
    told(as_json, dry_run, sentence, order=number, command_id=command, receipt=done)
