"""Flat rate: prints labels and knows their price by a table, without asking anyone.

For a courier, a post office or a van that has no interface: the hub draws the label itself. Nobody
reports where the parcel is, so no tracking number is ever given.
"""

import hashlib
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
    LabelFormat,
    LabelRequest,
    Opening,
    QuoteRates,
    Rate,
    RejectedError,
    TrackParcels,
    ValidateAddress,
    VoidLabel,
    hookimpl,
)
from hub_carriers.flatrate.label import draw_label
from hub_carriers.flatrate.rates import choose, quote, read_table

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters that are not mistaken for one another when a person types them."""

REPEATABLE = EffectTraits(key_retention=timedelta(days=36_500), settle=timedelta(0))
"""Everything is computed from the key: a repeat gives the same answer, and no answer is late."""


class FlatRate:
    """One rate table, opened."""

    def __init__(self, opening: Opening) -> None:
        self._carrier = str(opening.config["carrier"]).strip()
        self._currency = str(opening.config["currency"])
        self._table = read_table(opening.config)

    def check(self) -> Account:
        """Name the carrier; there is nobody to ask."""
        name = self._carrier
        return Account(id=name.casefold(), title=name, currency=self._currency)

    def quote_rates(self, request: LabelRequest) -> tuple[Rate, ...]:
        """Give the services of the table that take this parcel, cheapest first."""
        return quote(self._table, request)

    def buy_label(self, request: LabelRequest, *, key: str) -> Label:
        """Draw the label; the same request and key give the same bytes.

        Raises `RejectedError` when no service takes the parcel or nobody could deliver it.
        """
        if not request.ship_to.can_receive():
            raise RejectedError(
                "the address needs a name, a street, a city and a country", code="address"
            )
        rate = choose(self._table, request)
        parcel = parcel_id(key)
        return Label(
            external_id=parcel,
            service=rate.service,
            cost=rate.cost,
            format=LabelFormat.PDF,
            document=draw_label(request, parcel=parcel, carrier=self._carrier, service=rate.title),
        )

    def find_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Find nothing: nothing is remembered, and the traits promise no look-up."""
        return None

    def buy_return_label(self, request: LabelRequest, *, key: str) -> Label:
        """Draw a label that the customer prints; raises `RejectedError` as `buy_label` does."""
        return self.buy_label(request, key=key)

    def find_return_label(self, request: LabelRequest, *, key: str) -> Label | None:
        """Find nothing: nothing is remembered, and the traits promise no look-up."""
        return None

    def void_label(self, external_id: str, *, key: str) -> Accepted:
        """Agree: nothing was bought, so it is enough to throw the paper away."""
        return Accepted(external_id)


def parcel_id(key: str) -> str:
    """Give the number printed on the parcel: 65 bits of the key's hash, easy to type."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest())
    return "P" + "".join(DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


CONNECTOR = Connector(
    name="flatrate",
    title="Flat rate",
    family=Family.CARRIER,
    factory=FlatRate,
    config_schema=json.loads((files(__name__) / "config.schema.json").read_text("utf-8")),
    provides=(QuoteRates, BuyLabel, VoidLabel, BuyReturnLabel),
    lacks={
        TrackParcels: "Nobody reports where these parcels are; mark them as delivered yourself.",
        CloseManifest: "There is no carrier system to close the day with; print a packing list.",
        ValidateAddress: "Addresses are printed as they are; nobody checks them.",
    },
    effects={BuyLabel: REPEATABLE, VoidLabel: REPEATABLE, BuyReturnLabel: REPEATABLE},
)


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the flat-rate carrier."""
    return [CONNECTOR]
