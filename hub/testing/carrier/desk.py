"""What the simulated carrier does with a purchase: prices, refusals, mishaps, late work."""

import base64
from datetime import datetime, timedelta
from typing import Any

from hub.testing.carrier.answers import Answer, failure, recall, remember
from hub.testing.carrier.flavours import Flavour
from hub.testing.carrier.paper import tiny_pdf
from hub.testing.twins import Document, TwinState

SERVICES: tuple[Document, ...] = (
    {"service": "economy", "title": "Economy", "price": "4.20", "days": 4, "max_weight_g": 10_000},
    {"service": "express", "title": "Express", "price": "9.80", "days": 1, "max_weight_g": 30_000},
)
"""Cheapest first, in euros."""


def services_for(weight_g: int) -> list[Document]:
    """Give the services that carry this weight, cheapest first."""
    return [row for row in SERVICES if weight_g <= row["max_weight_g"]]


def buy(state: TwinState, flavour: Flavour, given: Document, key: str) -> Answer:
    """Sell a label, unless it is refused, repeated, or a mishap was scripted."""
    if refusal := _refusal(given):
        return refusal
    key = key if flavour.keys else ""
    if key and (kept := recall(state, key, given)):
        return kept
    match next_mishap(state):
        case {"kind": "late_apply", "seconds": seconds}:
            return _later(state, given, key, float(seconds))
        case {"kind": "stored_error", "status": status, "applied": applied}:
            if applied:
                make_label(state, given, state.clock.now())
            answer = failure(status, "internal", "Something went wrong")
        case _:
            answer = 201, make_label(state, given, state.clock.now())
    remember(state, key, given, answer)
    return answer


def make_label(state: TwinState, given: Document, at: datetime, late: bool = False) -> Document:
    """Create a label: from here on it must be paid for."""
    number = state.next("label")
    id = f"LBL-{number:06}"
    service = _service(given)
    label = {
        "id": id,
        "reference": given.get("reference", ""),
        "order": given.get("order", ""),
        "service": service["service"],
        "state": "bought",
        "price": service["price"],
        "currency": "EUR",
        "tracking_number": f"SC{number:09}",
        "tracking_url": f"{state.url}/follow/SC{number:09}",
        "bought_at": at.isoformat(),
        "document": base64.b64encode(tiny_pdf(f"{id} SC{number:09}")).decode(),
    }
    state.put("label", id, label)
    state.effect("label_bought", id, label["reference"], order=label["order"], late=late)
    return label


def void(state: TwinState, id: str) -> Answer:
    """Take a label back; a repeat is answered as the first time."""
    label = state.get("label", id)
    if label is None:
        return failure(404, "unknown_label", f"There is no label {id}")
    if label["state"] == "voided":
        return 200, label
    if scans_of(state, label):
        return failure(409, "in_transit", f"The parcel of {id} is on its way")
    voided = label | {"state": "voided"}
    state.put("label", id, voided)
    state.effect("label_voided", id, label["reference"])
    return 200, voided


def found(state: TwinState, reference: str) -> list[Document]:
    """List the labels with this reference, leaving out those too young to be listed yet."""
    lag = timedelta(seconds=state.setting("listing_lag", 0.0))
    listed_until = state.clock.now() - lag
    labels = [label for label in state.all("label") if label["reference"] == reference]
    listed = [label for label in labels if _at(label["bought_at"]) <= listed_until]
    return sorted(listed, key=lambda label: str(label["id"]))


def scans_of(state: TwinState, label: Document) -> list[Document]:
    """Give the scans the script has reached by now."""
    script = state.get("script", label["tracking_number"]) or state.get("script", "") or {}
    bought, now = _at(label["bought_at"]), state.clock.now()
    if label["state"] == "voided":
        return []
    steps = [(bought + timedelta(seconds=step["after"]), step) for step in script["steps"]]
    return [
        {"at": at.isoformat(), "code": step["code"], "text": step["text"], "place": step["place"]}
        for at, step in steps
        if at <= now
    ]


def apply_due(state: TwinState) -> int:
    """Carry out the purchases whose late moment has come; return how many."""
    waiting = sorted(state.all("late"), key=lambda row: str(row["due_at"]))
    due = [row for row in waiting if _at(row["due_at"]) <= state.clock.now()]
    for row in due:
        label = make_label(state, row["given"], _at(row["due_at"]), late=True)
        remember(state, row["key"], row["given"], (201, label))
        state.remove("late", row["id"])
    return len(due)


def next_mishap(state: TwinState) -> Document | None:
    """Take the next scripted mishap, if there is one."""
    mishaps: list[Document] = state.setting("mishaps", [])
    if mishaps:
        state.keep("mishaps", mishaps[1:])
    return mishaps[0] if mishaps else None


def _later(state: TwinState, given: Document, key: str, seconds: float) -> Answer:
    due = state.clock.now() + timedelta(seconds=seconds)
    id = state.next("late")
    state.put("late", id, {"id": id, "due_at": due.isoformat(), "given": given, "key": key})
    remember(state, key, given, (None, None))
    return failure(504, "timeout", "The carrier's system did not answer in time")


# -- the rules of the house --------------------------------------------------------------------


def _refusal(given: Document) -> Answer | None:
    to = given.get("to")
    if not isinstance(to, dict) or not all(to.get(part) for part in ("name", "street", "city")):
        return failure(422, "address", "The address needs a name, a street and a city")
    if not isinstance(given.get("weight_g"), int) or given["weight_g"] <= 0:
        return failure(422, "weight", "A parcel weighs more than nothing")
    if _service(given) is None:
        return failure(422, "service", "No such service carries this parcel")
    return None


def _service(given: Document) -> Any:
    wanted = given.get("service")
    rows = services_for(given["weight_g"])
    return next((row for row in rows if wanted in (None, row["service"])), None)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
