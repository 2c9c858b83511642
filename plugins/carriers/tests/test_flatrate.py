"""Flat rate: prices by table, a label that prints and scans, and no invented tracking."""

from typing import Any

import pytest

from hub.sdk import (
    CAPABILITIES,
    BuyLabel,
    BuyReturnLabel,
    ConfigError,
    LabelRequest,
    Opening,
    Package,
    Party,
    QuoteRates,
    RejectedError,
    VoidLabel,
)
from hub.sdk.config import check_config
from hub_carriers.flatrate import CONNECTOR, FlatRate, hub_connectors, parcel_id

TABLE = [
    {"code": "express", "title": "Express", "price": "20", "countries": ["DE", "AT"]},
    {"code": "letter", "title": "Letter", "price": "1.95", "max_weight_g": 500},
    {"code": "parcel", "title": "Parcel", "price": "5.4", "max_weight_g": 5000},
]
SENDER = Party(name="Depot", street=("Hafen 1",), city="Bremen", postal_code="28195", country="DE")
RECIPIENT = Party(
    name="A. Schulz", street=("Ring 2",), city="Wien", postal_code="1010", country="AT"
)


def no_network(base_url: str, **options: Any) -> Any:
    raise AssertionError("a flat-rate carrier asked for the network")


def opened(**config: Any) -> FlatRate:
    return FlatRate(Opening("c1", check_config(CONNECTOR.config_schema, config), no_network))


def request(grams: int = 400, **changes: Any) -> LabelRequest:
    parts = {"reference": "NYC-1001", "ship_from": SENDER, "ship_to": RECIPIENT} | changes
    return LabelRequest(package=Package(weight_g=grams), **parts)


def services(carrier: FlatRate, asked: LabelRequest) -> list[str]:
    return [f"{rate.service} {rate.cost}" for rate in carrier.quote_rates(asked)]


def test_the_plugin_brings_one_connector() -> None:
    assert hub_connectors() == [CONNECTOR]


def test_every_capability_of_the_family_is_provided_or_refused_in_words() -> None:
    assert {*CONNECTOR.provides, *CONNECTOR.lacks} == set(CAPABILITIES["carrier"])
    assert all(sentence.endswith(".") for sentence in CONNECTOR.lacks.values())
    assert all(isinstance(opened(), kind) for kind in (QuoteRates, BuyLabel, VoidLabel))
    assert set(CONNECTOR.effects) == {BuyLabel, VoidLabel, BuyReturnLabel}


def test_the_defaults_alone_make_a_working_carrier() -> None:
    assert services(opened(), request()) == ["standard 4.90 EUR", "heavy 12.90 EUR"]


def test_services_come_cheapest_first() -> None:
    assert services(opened(services=TABLE), request()) == [
        "letter 1.95 EUR",
        "parcel 5.40 EUR",
        "express 20.00 EUR",
    ]


@pytest.mark.parametrize(
    ("grams", "offered"), [(500, "letter"), (501, "parcel"), (5000, "parcel"), (5001, "express")]
)
def test_a_service_takes_parcels_up_to_its_heaviest(grams: int, offered: str) -> None:
    assert opened(services=TABLE).quote_rates(request(grams))[0].service == offered


def test_a_service_serves_its_own_countries_only() -> None:
    abroad = RECIPIENT.model_copy(update={"country": "FR"})
    assert "express" not in str(services(opened(services=TABLE), request(ship_to=abroad)))


def test_a_currency_without_cents_is_priced_without_cents() -> None:
    row = {"code": "a", "title": "A", "price": "800"}
    assert services(opened(currency="JPY", services=[row]), request()) == ["a 800 JPY"]


def test_the_cheapest_service_is_taken_when_none_is_named() -> None:
    assert opened(services=TABLE).buy_label(request(), key="k").service == "letter"


def test_the_named_service_is_taken_at_its_price() -> None:
    label = opened(services=TABLE).buy_label(request(service="express"), key="k")
    assert (label.service, str(label.cost)) == ("express", "20.00 EUR")


@pytest.mark.parametrize("asked", [{"service": "balloon"}, {"service": "letter", "grams": 900}])
def test_a_service_that_does_not_carry_the_parcel_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(RejectedError, match="does not carry") as refusal:
        opened(services=TABLE).buy_label(request(**asked), key="k")
    assert refusal.value.code == "no_service"


def test_a_parcel_no_service_takes_is_refused() -> None:
    with pytest.raises(RejectedError, match="no service carries 40000 g to AT"):
        opened().buy_label(request(40_000), key="k")


def test_an_address_nobody_could_deliver_to_is_refused() -> None:
    nowhere = RECIPIENT.model_copy(update={"city": ""})
    with pytest.raises(RejectedError, match="needs a name, a street, a city") as refusal:
        opened().buy_label(request(ship_to=nowhere), key="k")
    assert refusal.value.code == "address"


def test_the_same_key_gives_the_same_label_to_the_byte_after_a_restart() -> None:
    assert opened().buy_label(request(), key="k") == opened().buy_label(request(), key="k")


def test_another_key_is_another_parcel() -> None:
    assert opened().buy_label(request(), key="k1").external_id == parcel_id("k1")
    assert parcel_id("k1") != parcel_id("k2")


def test_tracking_is_never_invented() -> None:
    label = opened().buy_label(request(), key="k")
    assert (label.tracking_number, label.tracking_url) == ("", "")


def test_a_label_can_be_thrown_away_as_often_as_one_likes() -> None:
    answers = [opened().void_label("P1", key="v").external_id for _ in range(2)]
    assert answers == ["P1", "P1"]


def test_two_carriers_are_two_accounts_and_the_same_one_is_known_again() -> None:
    assert opened(carrier="Van").check().id != opened(carrier="Bike").check().id
    assert opened(carrier=" van ").check().id == opened(carrier="Van").check().id


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"currency": "EURO"}, "currency"),
        ({"currency": "QQQ"}, "not an ISO 4217 currency"),
        ({"services": []}, "services"),
        ({"services": [{"code": "a", "title": "A", "price": "-1"}]}, "services.0.price"),
        ({"services": [{"code": "a", "title": "A", "price": 4.9}]}, "services.0.price"),
        ({"services": [TABLE[0], TABLE[0]]}, "a code may stand once in the table: express"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_name(config: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        opened(**config)
