"""Connects the hub with parcels by Acme."""

import json
from datetime import timedelta
from importlib.resources import files

from hub.sdk import (
    Accepted,
    Account,
    BuyLabel,
    BuyReturnLabel,
    CloseManifest,
    Connector,
    EffectTraits,
    Family,
    Label,
    LabelRequest,
    Opening,
    QuoteRates,
    Rate,
    RateLimit,
    TrackingEvent,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
    hookimpl,
)
from hub.testing.scaffold.carrier import mapping
from hub.testing.scaffold.carrier.client import Client


class Acme:
    """One account, opened."""

    def __init__(self, opening: Opening) -> None:
        self._client = Client(opening)

    def check(self) -> Account:
        """Ask the carrier who we are; raises `AuthError` when it refuses the token."""
        return mapping.to_account(self._client.account())

    def quote_rates(self, request: LabelRequest) -> tuple[Rate, ...]:
        """Give the services that carry this parcel, cheapest first."""
        return mapping.to_rates(self._client.rates(request))

    def buy_label(self, request: LabelRequest, *, key: str) -> Label:
        """Buy one label; the carrier answers a repeated key as it did the first time."""
        return self._client.buy(mapping.from_request(request, key), key)

    def find_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Look for the label bought under this key."""
        return self._client.find(key)

    def void_label(self, external_id: str, *, key: str) -> Accepted:
        """Give the label back; refused once the parcel is on its way."""
        self._client.void(external_id)
        return Accepted(external_id)

    def track_parcel(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        """Give every scan so far, oldest first."""
        return mapping.to_events(tracking_number, self._client.scans(tracking_number))


CONNECTOR = Connector(
    name="acme",
    title="Acme",
    family=Family.CARRIER,
    factory=Acme,
    config_schema=json.loads((files(__name__) / "config.schema.json").read_text("utf-8")),
    provides=(QuoteRates, BuyLabel, VoidLabel, TrackParcels),
    lacks={
        CloseManifest: "This carrier collects without a manifest.",
        ValidateAddress: "This carrier does not check addresses.",
        BuyReturnLabel: "Return labels are not bought yet; customers ship at their own choice.",
    },
    rate=RateLimit(calls=5, concurrency=2),
    effects={
        BuyLabel: EffectTraits(
            key_retention=timedelta(hours=24), lookup=True, settle=timedelta(minutes=2)
        ),
        # Naming the label is key enough: a repeat is answered as the first time, for ever.
        VoidLabel: EffectTraits(key_retention=timedelta(days=36_500)),
    },
    twin="hub.testing.scaffold.carrier.twin:twin",
    links={"documentation": "https://developers.acme.example/"},
)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the one connector of this plugin."""
    return [CONNECTOR]
