"""A connection's configuration: judged by its schema, its secrets told apart."""

from collections.abc import Mapping
from typing import Any

from hub.sdk.errors import ConfigError
from hub.sdk.secrets import Secret


def secret_fields(schema: Mapping[str, Any]) -> frozenset[str]:
    """Name the fields the schema marks `writeOnly`."""
    fields: Mapping[str, Any] = schema.get("properties", {})
    return frozenset(name for name, rule in fields.items() if rule.get("writeOnly"))


def check_config(schema: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Give the configuration with defaults filled in, or raise `ConfigError` naming each fault.

    A fault never repeats the value: it may be a secret.
    """
    from jsonschema import Draft202012Validator  # a second to import, and few processes need it

    fields: Mapping[str, Any] = schema.get("properties", {})
    defaults = {name: rule["default"] for name, rule in fields.items() if "default" in rule}
    full = {**defaults, **config}
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    faults = {_sentence(fault) for fault in validator.iter_errors(full)}
    if faults:
        raise ConfigError("the configuration is not right: " + "; ".join(sorted(faults)))
    return full


def split_secrets(
    schema: Mapping[str, Any], config: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Divide a checked configuration into what may be shown and what must be sealed."""
    hidden = secret_fields(schema)
    shown = {name: value for name, value in config.items() if name not in hidden}
    sealed = {name: str(value) for name, value in config.items() if name in hidden}
    return shown, sealed


def join_secrets(shown: Mapping[str, Any], sealed: Mapping[str, str]) -> dict[str, Any]:
    """Put a configuration back together, its secrets wrapped."""
    return {**shown, **{name: Secret(value) for name, value in sealed.items()}}


def _sentence(fault: Any) -> str:
    name = ".".join(map(str, fault.path))
    inside = f" in {name}" if name else ""
    if fault.validator == "required":
        missing = [name for name in fault.validator_value if name not in fault.instance]
        return f"set {', '.join(missing)}{inside}"
    if fault.validator == "additionalProperties":
        fields = fault.schema["properties"]
        known = ", ".join(sorted(fields))
        unknown = ", ".join(sorted(set(fault.instance) - set(fields)))
        return f"{unknown} is not a field{inside} (there are {known})"
    return f"{name} must be {_expected(fault)}"


def _expected(fault: Any) -> str:
    words = {
        "type": "a {}", "format": "a valid {}", "enum": "one of {}", "pattern": "text like {}",
        "minLength": "at least {} characters", "minimum": "at least {}", "maximum": "at most {}",
    }  # fmt: skip
    return words.get(fault.validator, "valid ({})").format(fault.validator_value)
