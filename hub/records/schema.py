"""The records as JSON Schema: written by `--write`, compared with the committed by `--check`."""

import argparse
import ast
import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from typing import Any

from hub.records.address import Party
from hub.records.base import Record
from hub.records.catalogue import Listing, Variant
from hub.records.connection import Connection
from hub.records.events import Event
from hub.records.message import IncomingMessage, OutgoingMessage
from hub.records.order import Order
from hub.records.order_rules import OrderRules
from hub.records.payment import PaymentEvent, PaymentVerification, Refund
from hub.records.plan import RoutingPlan
from hub.records.policy import Policy
from hub.records.purchase import (
    InboundShipment,
    PurchaseOrder,
    Receipt,
    ReplenishmentProposal,
    Supplier,
    SupplierItem,
)
from hub.records.reorder import ReorderPolicy
from hub.records.return_policy import ReturnPolicy
from hub.records.returns import Return
from hub.records.routing_policy import RoutingPolicy
from hub.records.shipment import FulfilmentOrder, Label, Package, Rate, Shipment, TrackingEvent
from hub.records.sla_policy import SlaPolicy
from hub.records.stock import Allocation, Location, Reservation, StockLevel, StockMovement
from hub.records.stock_policy import StockPolicy
from hub.records.ticket import OperationalException, Ticket

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = Path(__file__).resolve().parents[2] / "schemas"

RECORDS: Mapping[str, type[Record]] = {
    "allocation": Allocation,
    "connection": Connection,
    "event": Event,
    "fulfilment_order": FulfilmentOrder,
    "inbound_shipment": InboundShipment,
    "incoming_message": IncomingMessage,
    "label": Label,
    "listing": Listing,
    "location": Location,
    "operational_exception": OperationalException,
    "order": Order,
    "order_rules": OrderRules,
    "outgoing_message": OutgoingMessage,
    "package": Package,
    "party": Party,
    "payment_event": PaymentEvent,
    "payment_verification": PaymentVerification,
    "policy": Policy,
    "purchase_order": PurchaseOrder,
    "rate": Rate,
    "receipt": Receipt,
    "refund": Refund,
    "reorder_policy": ReorderPolicy,
    "replenishment_proposal": ReplenishmentProposal,
    "reservation": Reservation,
    "return": Return,
    "return_policy": ReturnPolicy,
    "routing_plan": RoutingPlan,
    "routing_policy": RoutingPolicy,
    "shipment": Shipment,
    "sla_policy": SlaPolicy,
    "stock_level": StockLevel,
    "stock_movement": StockMovement,
    "stock_policy": StockPolicy,
    "supplier": Supplier,
    "supplier_item": SupplierItem,
    "ticket": Ticket,
    "tracking_event": TrackingEvent,
    "variant": Variant,
}
"""The records that are published, by the name of their file."""


def schema_of(name: str) -> dict[str, Any]:
    """Give the JSON Schema of a record, with what the source says of each field."""
    made = RECORDS[name].model_json_schema()
    parts = made.pop("$defs", {})
    described = {record.__name__: record for record in _family(Record)}
    for title, part in [(RECORDS[name].__name__, made), *parts.items()]:
        if title in described:
            _describe(part, described[title])
    head = {
        "$schema": DIALECT,
        "$id": f"urn:commerce-hub:{name}",
        "title": name.replace("_", " ").capitalize(),
        "description": made.pop("description"),
    }
    made.pop("title")
    return {**head, **made, **({"$defs": parts} if parts else {})}


def _family(record: type[Record]) -> Iterator[type[Record]]:
    for child in record.__subclasses__():
        yield child
        yield from _family(child)


def _describe(part: dict[str, Any], record: type[Record]) -> None:
    """Add what the source says under each field; pydantic would read it at every start."""
    (body,) = ast.parse(dedent(inspect.getsource(record))).body
    assert isinstance(body, ast.ClassDef)
    for field, note in pairwise(body.body):
        if isinstance(field, ast.AnnAssign) and isinstance(note, ast.Expr):
            name, text = ast.unparse(field.target), ast.literal_eval(note.value)
            part["properties"][name]["description"] = " ".join(text.split())


def text_of(name: str) -> str:
    """Print a record's schema as the text of its file."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write every schema anew."""
    for name in RECORDS:
        (folder / f"{name}.json").write_text(text_of(name), encoding="utf-8")


def drifted(folder: Path) -> list[str]:
    """Name the files that are missing, or that no longer say what their record says."""
    return [
        f"{name}.json"
        for name in RECORDS
        if not (file := folder / f"{name}.json").is_file()
        or file.read_text(encoding="utf-8") != text_of(name)
    ]


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write or check; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hub.records.schema", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write schemas/*.json from the records")
    what.add_argument("--check", action="store_true", help="fail when one of them has drifted")
    if parser.parse_args(arguments).write:
        write(folder)
        return 0
    for file in (changed := drifted(folder)):
        sys.stderr.write(f"schemas/{file} is not what its record says; run `make schemas`\n")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
