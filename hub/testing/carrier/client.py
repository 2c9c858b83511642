"""Talks to the scripted carrier, and names its answers."""

from urllib.parse import quote

import msgspec

from hub.sdk import (
    Account,
    ConfigError,
    ConnectorError,
    Label,
    LabelRequest,
    MappingError,
    Opening,
    Rate,
    RejectedError,
    TrackingEvent,
    UnknownOutcomeError,
)
from hub.sdk.http import HeaderAuth, Response
from hub.testing.carrier.flavours import Flavour
from hub.testing.carrier.mapping import (
    AccountAnswer,
    LabelAnswer,
    LabelsAnswer,
    RatesAnswer,
    ScansAnswer,
    to_event,
    to_label,
    to_order,
    to_rates,
)

MEANINGS: dict[str, type[ConnectorError]] = {
    # The key stands for another parcel's purchase: refused now, but something was bought under it.
    "key_reused": UnknownOutcomeError,
    "in_progress": UnknownOutcomeError,
    # A 409 proves nothing by rule; this one does.
    "in_transit": RejectedError,
}
"""Codes that mean something else than their status would by the common rules."""


class _Failure(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Failed(msgspec.Struct):
    error: _Failure


class CarrierClient:
    """One account at the scripted carrier."""

    def __init__(self, opening: Opening, flavour: Flavour) -> None:
        self._flavour = flavour
        self._http = opening.http(
            str(opening.config["base_url"]),
            auth=HeaderAuth(opening.secret("token"), prefix="Bearer "),
            classify=name_answer,
        )

    def account(self) -> Account:
        """Ask who we are; raises `ConfigError` if the carrier is of another flavour."""
        answer = self._http.get("/account").decode(AccountAnswer)
        if answer.flavour != self._flavour.name:
            raise ConfigError(f"this carrier is {answer.flavour}, not {self._flavour.name}")
        return Account(id=answer.id, title=answer.name, currency=answer.currency)

    def rates(self, request: LabelRequest) -> tuple[Rate, ...]:
        """Ask what this parcel costs, cheapest first."""
        asked = {"weight_g": request.package.weight_g, "country": request.ship_to.country}
        return to_rates(self._http.get("/rates", params=asked).decode(RatesAnswer).rates)

    def buy(self, request: LabelRequest, key: str) -> Label:
        """Buy one label; anything but a whole, understood success leaves the outcome unknown."""
        headers = {"Idempotency-Key": key} if self._flavour.keys else {}
        order = to_order(request, key)
        response = self._http.post("/labels", json=order, headers=headers, effect=True)
        try:
            return to_label(response.decode(LabelAnswer))
        except MappingError as fault:
            raise UnknownOutcomeError(f"bought, but not understood: {fault.reason}") from fault

    def find(self, key: str) -> Label | None:
        """Look for the live label that carries this reference."""
        answer = self._http.get("/labels", params={"reference": key})
        found = answer.decode(LabelsAnswer).labels
        live = [label for label in found if label.state == "bought"]
        if len(live) > 1:
            names = ", ".join(label.id for label in live)
            raise UnknownOutcomeError(f"{len(live)} labels carry this reference: {names}")
        return to_label(live[0]) if live else None

    def void(self, external_id: str) -> None:
        """Give a label back; the carrier answers a repeat as it did the first time."""
        self._http.delete(f"/labels/{quote(external_id, safe='')}", effect=True)

    def scans(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        """Ask for every scan so far, oldest first."""
        answer = self._http.get(f"/tracking/{quote(tracking_number, safe='')}")
        scans = answer.decode(ScansAnswer).scans
        return tuple(to_event(tracking_number, scan) for scan in scans)


def name_answer(response: Response) -> ConnectorError | None:
    """Name an answer whose code says more than its status; None leaves it to the common rules."""
    if response.status < 400 or response.content_type != "application/json":
        return None
    try:
        error = msgspec.json.decode(response.body, type=_Failed).error
    except msgspec.MsgspecError:
        return None
    meaning = MEANINGS.get(error.code)
    return meaning(f"{response.about}: {error.message}") if meaning else None
