"""Talks to the carrier; an effect that was answered and not understood has an unknown outcome."""

from typing import Any
from urllib.parse import quote

from hub.sdk import Label, LabelRequest, MappingError, Opening, UnknownOutcomeError
from hub.sdk.http import HeaderAuth
from hub.testing.scaffold.carrier.mapping import (
    AccountAnswer,
    LabelAnswer,
    LabelsAnswer,
    RatesAnswer,
    ScansAnswer,
    to_label,
)


class Client:
    """One account's interface."""

    def __init__(self, opening: Opening) -> None:
        auth = HeaderAuth(opening.secret("token"), prefix="Bearer ")
        self._http = opening.http(str(opening.config["url"]), auth=auth)

    def account(self) -> AccountAnswer:
        """Ask who we are."""
        return self._http.get("/account").decode(AccountAnswer)

    def rates(self, request: LabelRequest) -> RatesAnswer:
        """Ask what this parcel costs."""
        asked = {"weight_g": request.package.weight_g, "country": request.ship_to.country}
        return self._http.get("/rates", params=asked).decode(RatesAnswer)

    def buy(self, order: dict[str, Any], key: str) -> Label:
        """Buy one label."""
        headers = {"Idempotency-Key": key}
        answer = self._http.post("/labels", json=order, headers=headers, effect=True)
        try:
            return to_label(answer.decode(LabelAnswer))
        except MappingError as fault:
            raise UnknownOutcomeError(f"bought, but not understood: {fault.reason}") from fault

    def find(self, key: str) -> Label | None:
        """Look for the live label that carries this reference."""
        answer = self._http.get("/labels", params={"reference": key}).decode(LabelsAnswer)
        live = [label for label in answer.labels if not label.voided]
        if len(live) > 1:
            raise UnknownOutcomeError(f"{len(live)} labels carry this reference")
        return to_label(live[0]) if live else None

    def void(self, id: str) -> None:
        """Give a label back."""
        self._http.delete(f"/labels/{quote(id, safe='')}", effect=True)

    def scans(self, number: str) -> ScansAnswer:
        """Ask for every scan of a parcel."""
        return self._http.get(f"/parcels/{quote(number, safe='')}").decode(ScansAnswer)
