"""The scripted carrier: a connector and its twin, to prove that no label is bought twice.

It is no entry point, so a hub in production never meets it; who wants it names this module as a
plugin. There are four connectors, one for each flavour, because what can be relied on after a lost
answer differs from carrier to carrier.
"""

import json
from datetime import timedelta
from functools import partial
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
    TrackingEvent,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
    hookimpl,
)
from hub.testing.carrier.client import CarrierClient
from hub.testing.carrier.flavours import FLAVOURS, Flavour


class ScriptedCarrier:
    """One account at the scripted carrier, opened."""

    def __init__(self, flavour: Flavour, opening: Opening) -> None:
        self._flavour = flavour
        self._client = CarrierClient(opening, flavour)

    def check(self) -> Account:
        """Ask the carrier who we are, and whether it is of the flavour we think."""
        return self._client.account()

    def quote_rates(self, request: LabelRequest) -> tuple[Rate, ...]:
        """Give the services that carry this parcel, cheapest first."""
        return self._client.rates(request)

    def buy_label(self, request: LabelRequest, *, key: str) -> Label:
        """Buy one label; the carrier chooses its cheapest service when none is named."""
        return self._client.buy(request, key)

    def find_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Look for the label bought under this key; None where the flavour offers no look-up."""
        return self._client.find(key) if self._flavour.lookup else None

    def buy_return_label(self, request: LabelRequest, *, key: str) -> Label:
        """Buy a label for the way back; this carrier fetches anywhere."""
        return self.buy_label(request, key=key)

    def find_return_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Look for a label for the way back."""
        return self.find_label(request, key=key)

    def void_label(self, external_id: str, *, key: str) -> Accepted:
        """Give the label back; refused once the parcel is on its way."""
        self._client.void(external_id)
        return Accepted(external_id)

    def track_parcel(self, tracking_number: str) -> tuple[TrackingEvent, ...]:
        """Give every scan so far, oldest first."""
        return self._client.scans(tracking_number)


def _connector(flavour: Flavour) -> Connector:
    return Connector(
        name=f"scripted-{flavour.name.replace('_', '-')}",
        title=f"Scripted carrier ({flavour.name.replace('_', ' ')})",
        family=Family.CARRIER,
        factory=partial(ScriptedCarrier, flavour),
        config_schema=json.loads((files(__name__) / "config.schema.json").read_text("utf-8")),
        provides=(QuoteRates, BuyLabel, VoidLabel, TrackParcels, BuyReturnLabel),
        lacks={
            CloseManifest: "This carrier collects without a manifest.",
            ValidateAddress: "This carrier does not check addresses.",
        },
        effects={
            BuyLabel: flavour.traits,
            BuyReturnLabel: flavour.traits,
            # Naming the label is key enough: a repeat is answered as the first time, for ever.
            VoidLabel: EffectTraits(key_retention=timedelta(days=36_500)),
        },
        twin=f"hub.testing.carrier.twin:{flavour.name}",
    )


CONNECTORS = tuple(_connector(flavour) for flavour in FLAVOURS)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give one connector for each flavour."""
    return list(CONNECTORS)
