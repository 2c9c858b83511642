"""Group *config*: forms, prompts, redaction and tables are made from the schema alone."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from hub.sdk.config import check_config, secret_fields
from hub.sdk.errors import ConfigError
from hub.testing.suite.checks import check
from hub.testing.suite.finding import expect_none, found
from hub.testing.suite.stage import Stage
from hub.testing.suite.subject import Subject

SOUNDS_SECRET = re.compile(r"(?i)token|secret|passw|api_?key|private_key|consumer_key|credential")
NOT_SECRET = re.compile(r"(?i)public|publishable|_url$|_id$|header|title|name$")


class ConfigChecks:
    """The configuration schema."""

    @check("config")
    def test_its_schema_meets_the_meta_schema(self, subject: Subject) -> None:
        """Closed, every field titled and described, no word the forms do not know."""
        expect_none(_schema_faults(subject.declared.config_schema))

    @check("config")
    def test_what_sounds_like_a_secret_is_write_only(self, subject: Subject) -> None:
        """Only `writeOnly` fields are sealed; all others are shown and logged."""
        schema = subject.declared.config_schema
        expect_none(
            f"{name} sounds like a credential and is not writeOnly"
            for name in schema.get("properties", {})
            if SOUNDS_SECRET.search(name) and not NOT_SECRET.search(name)
            and name not in secret_fields(schema)
        )  # fmt: skip

    @check("config")
    def test_the_sample_configuration_is_accepted(self, stage: Stage) -> None:
        """What the twin, or the suite, gives is what a person would give."""
        schema = stage.subject.declared.config_schema
        _needs_schema(schema)
        try:
            check_config(schema, stage.config())
        except ConfigError as error:
            found(str(error))

    @check("config")
    def test_a_missing_field_is_named_in_words(self, stage: Stage) -> None:
        """A person reads the sentence; no secret is in it."""
        schema = stage.subject.declared.config_schema
        _needs_schema(schema)
        defaults = {n for n, rule in schema.get("properties", {}).items() if "default" in rule}
        needed = sorted(set(schema.get("required", ())) - defaults)
        if not needed:
            pytest.skip("every field may be left out")
        expect_none(fault for name in needed for fault in _unnamed(schema, stage.config(), name))


def _schema_faults(schema: Any) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    meta = json.loads((files(__package__) / "connector-config.json").read_text("utf-8"))
    for fault in Draft202012Validator(meta).iter_errors(dict(schema)):
        yield f"{'.'.join(map(str, fault.path)) or 'the schema'}: {fault.message[:200]}"
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        yield f"it is no JSON Schema: {error.message[:200]}"


def _needs_schema(schema: Any) -> None:
    if any("no JSON Schema" in fault for fault in _schema_faults(schema)):
        pytest.skip("its schema is none; that has its own check")


def _unnamed(schema: Any, config: dict[str, Any], name: str) -> Iterator[str]:
    less = {other: value for other, value in config.items() if other != name}
    try:
        check_config(schema, less)
    except ConfigError as error:
        if name not in str(error):
            yield f"without {name} a person reads: {error}"
        shown = [value for other, value in less.items() if other in secret_fields(schema)]
        if any(str(value) in str(error) for value in shown):
            yield f"without {name} the sentence shows a secret"
    else:
        yield f"{name} is required, and nobody says so when it is missing"
