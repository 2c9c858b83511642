"""The committed schemas say what the records say, and connectors keep to the one for theirs."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from hub.records.schema import FOLDER, RECORDS, drifted, main, schema_of
from hub.registry import load_plugins

EXAMPLES = FOLDER / "examples"

# Each bad example is wrong for one reason: where, and by which rule of the schema.
WRONG = {
    "allocation": ("allocated", "type", "text is no number"),
    "connection": ("", "additionalProperties", "secrets are no part of it"),
    "event": ("kind", "enum", "nobody reacts to an unknown fact"),
    "fulfilment_order": ("lines.0.quantity", "minimum", "less than nothing cannot be shipped"),
    "inbound_shipment": ("expected_at", "format", "words are no day"),
    "incoming_message": ("sender.address", "minLength", "nobody wrote it"),
    "label": ("format", "enum", "no printer takes it"),
    "listing": ("", "required", "how it is counted must be said"),
    "location": ("code", "minLength", "a code is not empty"),
    "operational_exception": ("kind", "enum", "what may go wrong is a closed list"),
    "order": ("lines.0.quantity", "maximum", "more than a million units is a fault"),
    "order_rules": ("rules.0.then", "enum", "nobody does an unknown action"),
    "outgoing_message": ("to", "type", "an address alone is no correspondent"),
    "package": ("weight_g", "type", "grams are whole"),
    "party": ("name", "pattern", "a NUL cannot be stored"),
    "payment_event": ("amount.minor", "type", "minor units are whole"),
    "payment_verification": ("checks.0.passed", "anyOf", "yes, no or not told; never words"),
    "policy": ("", "additionalProperties", "a misspelt knob must not be ignored"),
    "purchase_order": ("", "required", "nobody can ask after an order without a number"),
    "rate": ("cost.currency", "pattern", "currency codes are in capitals"),
    "receipt": ("parts.0.unit_cost", "type", "a price is exact text"),
    "refund": ("amount_minor", "exclusiveMinimum", "nothing given back is no refund"),
    "reorder_policy": ("defaults.service_level", "exclusiveMaximum", "nothing is certain"),
    "replenishment_proposal": ("quantity", "exclusiveMinimum", "nothing bought is no proposal"),
    "reservation": ("quantity", "exclusiveMinimum", "a promise of nothing is none"),
    "return": ("lines.0.money", "enum", "only these words say where money is"),
    "return_policy": ("grades.1.percent", "maximum", "more than all cannot be given back"),
    "routing_plan": ("", "required", "what is short must be said, even when nothing is"),
    "routing_policy": ("locations.MAIN.cut_off", "anyOf", "25:00 is no time of day"),
    "shipment": ("handed_over_at", "anyOf", "an instant needs a zone"),
    "sla_policy": ("monday.0", "pattern", "hours are told to the minute"),
    "stock_level": ("on_hand", "type", "not counted is not a level"),
    "stock_movement": ("", "required", "without a command it could be booked twice"),
    "stock_policy": ("count_tolerance_percent", "maximum", "more than all is no tolerance"),
    "supplier": ("state", "enum", "a supplier sleeps at night only"),
    "supplier_item": ("pack", "exclusiveMinimum", "a pack of nothing never ends"),
    "ticket": ("state", "enum", "each waiting state names who is waited for"),
    "tracking_event": ("occurred_at", "format", "words are no instant"),
    "variant": ("sku", "maxLength", "longer than any label"),
}  # fmt: skip


def example(name: str, kind: str) -> str:
    return (EXAMPLES / f"{name}.{kind}.json").read_text(encoding="utf-8")


def judge(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


# --- the records ------------------------------------------------------------------------------


def test_no_committed_schema_has_drifted_from_its_record() -> None:
    assert drifted(FOLDER) == []


def test_every_schema_and_example_belongs_to_a_record() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == {*RECORDS, "connector-config"}
    wanted = {f"{name}.{kind}.json" for name in RECORDS for kind in ("good", "bad")}
    assert {file.name for file in EXAMPLES.iterdir()} == wanted
    assert set(WRONG) == set(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_a_schema_is_itself_a_valid_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))
    assert schema_of(name)["$id"] == f"urn:commerce-hub:{name}"


@pytest.mark.parametrize("name", RECORDS)
def test_the_good_example_passes_both_judges_and_comes_back_the_same(name: str) -> None:
    text = example(name, "good")
    assert list(judge(schema_of(name)).iter_errors(json.loads(text))) == []
    record = RECORDS[name].model_validate_json(text)
    document = record.to_document()
    assert list(judge(schema_of(name)).iter_errors(document)) == []
    assert RECORDS[name].model_validate_json(json.dumps(document)) == record


@pytest.mark.parametrize("name", RECORDS)
def test_the_bad_example_fails_both_judges_for_its_one_reason(name: str) -> None:
    text = example(name, "bad")
    (fault,) = judge(schema_of(name)).iter_errors(json.loads(text))
    where, rule, _ = WRONG[name]
    assert (".".join(map(str, fault.absolute_path)), fault.validator) == (where, rule)
    with pytest.raises(ValidationError) as refused:
        RECORDS[name].model_validate_json(text)
    (pydantic_fault,) = refused.value.errors()
    assert ".".join(map(str, pydantic_fault["loc"])).startswith(where)


def test_a_field_s_docstring_reaches_its_schema() -> None:
    line = schema_of("order")["$defs"]["OrderLine"]["properties"]
    assert line["unit_price"]["description"] == "Exact decimal text: real shops carry 27.926666."


def test_check_names_the_file_that_drifted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--write"], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "rate.json").write_text("{}")
    (tmp_path / "party.json").unlink()
    assert main(["--check"], tmp_path) == 1
    assert re.findall(r"schemas/(\w+)\.json", capsys.readouterr().err) == ["party", "rate"]


# --- the configuration of connectors ----------------------------------------------------------

META = json.loads((FOLDER / "connector-config.json").read_text(encoding="utf-8"))

FIELD = {"title": "Shop", "description": "Where it is.", "type": "string"}
RIGHT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A vendor",
    "type": "object",
    "additionalProperties": False,
    "required": ["shop"],
    "properties": {"shop": FIELD, "key": {**FIELD, "writeOnly": True}},
}


def bundled() -> dict[str, Mapping[str, Any]]:
    found = load_plugins(modules=["hub.testing.carrier"])
    assert [plugin.error for plugin in found.plugins if plugin.error] == []
    return {name: one.config_schema for name, one in found.connectors.items()}


def test_the_configuration_schema_of_every_bundled_connector_is_allowed() -> None:
    schemas = bundled()
    assert len(schemas) >= 4
    faults = {name: [f.message for f in judge(META).iter_errors(s)] for name, s in schemas.items()}
    assert faults == dict.fromkeys(schemas, [])


def test_every_required_field_of_a_bundled_connector_exists_and_defaults_are_right() -> None:
    for schema in bundled().values():
        Draft202012Validator.check_schema(schema)
        assert set(schema.get("required", [])) <= set(schema["properties"])
        for rule in schema["properties"].values():
            assert "default" not in rule or judge(rule).is_valid(rule["default"])


def test_the_meta_schema_allows_the_simplest_connector() -> None:
    Draft202012Validator.check_schema(META)
    assert list(judge(META).iter_errors(RIGHT)) == []


def row(**rules: Any) -> dict[str, Any]:
    return {"title": "Row", "type": "object", "additionalProperties": False, **rules}


@pytest.mark.parametrize(
    "field",
    [
        {**FIELD, "type": "integer", "minimum": 1, "default": 2},
        {**FIELD, "type": "number", "exclusiveMinimum": 0},
        {**FIELD, "type": "boolean", "default": False},
        {**FIELD, "enum": ["a", "b"], "default": "a"},
        {**FIELD, "type": "array", "items": {"title": "Code", "type": "string"}},
        {**FIELD, "type": "array", "items": row(properties={"code": FIELD})},
    ],
)
def test_the_meta_schema_allows_a_field(field: dict[str, Any]) -> None:
    assert judge(META).is_valid({**RIGHT, "properties": {"one": field}})


@pytest.mark.parametrize(
    "field",
    [
        {"title": "Shop", "type": "string"},
        {"description": "Where it is.", "type": "string"},
        {**FIELD, "title": " "},
        {"title": "Shop", "description": "Where it is."},
        {**FIELD, "type": ["string", "null"]},
        {**FIELD, "type": "object", "properties": {}},
        {**FIELD, "$ref": "https://example.com/field.json"},
        {**FIELD, "anyOf": [{"minLength": 1}]},
        {**FIELD, "pattern": "("},
        {**FIELD, "minimum": 1},
        {**FIELD, "type": "integer", "writeOnly": True},
        {**FIELD, "writeOnly": False},
        {**FIELD, "writeOnly": True, "default": "hunter2"},
        {**FIELD, "type": "array"},
        {**FIELD, "type": "array", "items": {"title": "Rows", "type": "object"}},
        {**FIELD, "type": "array", "items": row(properties={"k": {**FIELD, "writeOnly": True}})},
    ],
)
def test_the_meta_schema_refuses_a_field(field: dict[str, Any]) -> None:
    assert not judge(META).is_valid({**RIGHT, "properties": {"one": field}})


@pytest.mark.parametrize("missing", ["$schema", "title", "type", "additionalProperties"])
def test_the_meta_schema_refuses_a_document_that_leaves_something_open(missing: str) -> None:
    wrong = deepcopy(RIGHT)
    del wrong[missing]
    assert not judge(META).is_valid(wrong)
    assert not judge(META).is_valid({**RIGHT, "additionalProperties": True})
    assert not judge(META).is_valid({**RIGHT, "patternProperties": {}})
    assert not judge(META).is_valid({**RIGHT, "properties": {"No-Name": FIELD}})
