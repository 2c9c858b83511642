"""What the connector declares, and the configuration it asks for."""

import pytest
from jsonschema import Draft202012Validator

from hub.sdk import CAPABILITIES, AnswerReturn, CancelOrder, ConfigError, PushShipment, RefundOrder
from hub.sdk.config import check_config, secret_fields
from hub_woocommerce import CONNECTOR, hub_connectors

CONFIG = {"url": "https://shop.example", "consumer_key": "ck_1", "consumer_secret": "cs_1"}


def test_it_provides_or_lacks_everything_of_a_storefront():
    whole = set(CAPABILITIES[CONNECTOR.family])
    assert {*CONNECTOR.provides, *CONNECTOR.lacks} == whole
    assert all(issubclass(CONNECTOR.factory, capability) for capability in CONNECTOR.provides)
    assert hub_connectors() == [CONNECTOR]


def test_every_effect_of_it_is_found_again_by_look_up():
    assert set(CONNECTOR.effects) == {PushShipment, RefundOrder, CancelOrder, AnswerReturn}
    assert all(traits.lookup for traits in CONNECTOR.effects.values())


def test_every_field_explains_itself_and_secrets_are_write_only():
    schema = CONNECTOR.config_schema
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert all(field["title"] and field["description"] for field in schema["properties"].values())
    assert secret_fields(schema) == {
        "consumer_key", "consumer_secret", "webhook_secret", "webhook_secret_previous",
    }  # fmt: skip


def test_the_least_configuration_is_completed_with_defaults():
    full = check_config(CONNECTOR.config_schema, CONFIG)
    assert full == CONFIG | {"order_statuses_open": [], "weight_unit": "kg"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "shop.example"}, {"url": "ftp://shop.example"}, {"url": "https://u:p@shop.example"},
        {"url": "https://shop.example/?a=1"}, {"consumer_key": "1234"}, {"consumer_secret": ""},
        {"weight_unit": "stone"}, {"order_statuses_open": "packing"}, {"colour": "red"},
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_refused_without_repeating_it(wrong):
    with pytest.raises(ConfigError) as caught:
        check_config(CONNECTOR.config_schema, CONFIG | wrong)
    assert "u:p@" not in str(caught.value)
