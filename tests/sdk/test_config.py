"""A connection's configuration: every fault is named, no value is ever repeated."""

from typing import Any

import pytest

from hub.sdk.config import check_config, join_secrets, secret_fields, split_secrets
from hub.sdk.errors import ConfigError
from hub.sdk.secrets import Secret

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url", "key"],
    "properties": {
        "url": {"type": "string", "format": "uri", "pattern": "^https://"},
        "key": {"type": "string", "writeOnly": True, "pattern": "^ck_", "minLength": 5},
        "unit": {"type": "string", "enum": ["kg", "g"], "default": "kg"},
        "days": {"type": "integer", "minimum": 1, "maximum": 9},
        "rows": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["code", "price"],
                "properties": {"code": {"type": "string"}, "price": {"type": "string"}},
            },
        },
    },
}
RIGHT = {"url": "https://shop.example", "key": "ck_hunter2"}


def fault(**changes: Any) -> str:
    config = {name: value for name, value in {**RIGHT, **changes}.items() if value is not ...}
    with pytest.raises(ConfigError) as refused:
        check_config(SCHEMA, config)
    return str(refused.value)


def test_a_right_configuration_comes_back_with_its_defaults() -> None:
    assert check_config(SCHEMA, RIGHT) == {**RIGHT, "unit": "kg"}
    assert check_config(SCHEMA, {**RIGHT, "unit": "g"})["unit"] == "g"


def test_what_is_missing_is_named_once() -> None:
    assert fault(url=..., key=...).endswith("not right: set url, key")


def test_an_unknown_field_is_named_with_those_there_are() -> None:
    assert "secret is not a field (there are days, key, rows, unit, url)" in fault(secret="x")


def test_a_fault_in_a_row_is_named_where_it_stands() -> None:
    assert "set price in rows.1" in fault(rows=[{"code": "a", "price": "1"}, {"code": "b"}])
    wrong = fault(rows=[{"code": "a", "price": "1", "prize": "2"}])
    assert "prize is not a field in rows.0 (there are code, price)" in wrong
    assert "rows.0.price must be a string" in fault(rows=[{"code": "a", "price": 1}])


def test_several_faults_are_told_together() -> None:
    told = fault(url="http://shop.example", days=0)
    assert "url must be text like ^https://" in told
    assert "days must be at least 1" in told


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "hunter2"}, {"url": 77123}, {"key": "hunter2"}, {"key": "ck_"}, {"key": 77123},
        {"key": ["hunter2"]}, {"key": {"hunter2": "hunter2"}}, {"unit": "hunter2"},
        {"days": 77123}, {"days": "hunter2"}, {"rows": "hunter2"},
        {"rows": [{"code": "hunter2"}]}, {"rows": [["hunter2"], ["hunter2"]]},
    ],
)  # fmt: skip
def test_no_fault_repeats_a_value(changes: dict[str, Any]) -> None:
    told = fault(**changes)
    assert "hunter2" not in told and "77123" not in told
    assert next(iter(changes)) in told


def test_secrets_are_told_apart_and_come_back_wrapped() -> None:
    assert secret_fields(SCHEMA) == {"key"}
    shown, sealed = split_secrets(SCHEMA, check_config(SCHEMA, RIGHT))
    assert shown == {"url": "https://shop.example", "unit": "kg"}
    assert sealed == {"key": "ck_hunter2"}
    joined = join_secrets(shown, sealed)
    assert joined == {**shown, "key": Secret("ck_hunter2")}
    assert "hunter2" not in repr(joined)
