"""A connection's configuration from options, the environment and questions; its schema leads."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import typer

from hub.cli.exits import UsageError
from hub.cli.printing import say
from hub.sdk.config import secret_fields

HUB_KEY = "HUB_SECRET_KEY"
"""The hub's own key: never mistaken for a secret of a vendor that happens to be called `key`."""


def gather(
    schema: Mapping[str, Any], given: Sequence[str], secrets: Sequence[str],
    known: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Give a configuration: `given` as key=value, `secrets` by name, the rest asked for.

    Questions are asked at a terminal only; `known` names fields that need no answer. Raises
    `UsageError`; whether the whole is right is for the schema to say.
    """
    fields = schema.get("properties", {})
    config = dict(_pair(schema, text) for text in given)
    for name in secrets:
        config[_field(fields, name)] = _secret(fields, name)
    if sys.stdin.isatty():
        config |= {name: _ask(schema, name) for name in _open(schema, {*config, *known})}
    return config


def _pair(schema: Mapping[str, Any], text: str) -> tuple[str, Any]:
    name, mark, value = text.partition("=")
    if not mark:
        raise UsageError(f"--set takes name=value, not {name!r}")
    rule = schema.get("properties", {})[_field(schema.get("properties", {}), name)]
    if name in secret_fields(schema):
        say(f"{name} was given in clear on the command line; --secret {name} asks for it instead")
    return name, _value(name, rule, value)


def _field(fields: Mapping[str, Any], name: str) -> str:
    if name not in fields:
        raise UsageError(f"{name} is not a field; there are {', '.join(fields)}")
    return name


def _value(name: str, rule: Mapping[str, Any], text: str) -> Any:
    """Read text as the type the schema wants: words as they are, everything else as JSON."""
    if rule.get("type", "string") == "string":
        return text
    try:
        return msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        example = '["a", "b"]' if rule.get("type") == "array" else "JSON"
        raise UsageError(f"{name} is a {rule.get('type')}; give it as {example}") from None


def _secret(fields: Mapping[str, Any], name: str) -> str:
    """Take a secret from HUB_SECRET_<NAME>, from a hidden question, or from a line of stdin."""
    variable = f"HUB_SECRET_{name.upper()}"
    if variable != HUB_KEY and variable in os.environ:
        return os.environ[variable]
    if sys.stdin.isatty():
        return str(typer.prompt(_title(fields[name], name), hide_input=True, err=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise UsageError(f"{name} is missing: set {variable}, or give it on standard input")
    return line


def _open(schema: Mapping[str, Any], answered: set[str]) -> Iterator[str]:
    """Name the required fields that nobody answered and that have no ready answer of their own."""
    for name in schema.get("required", ()):
        rule = schema["properties"][name]
        ready = "default" in rule and rule.get("type") in ("array", "object")
        if name not in answered and not ready:
            yield name


def _ask(schema: Mapping[str, Any], name: str) -> Any:
    rule = schema["properties"][name]
    if text := rule.get("description"):
        say(text)
    hidden = bool(rule.get("writeOnly"))
    answer = typer.prompt(
        _title(rule, name), default=rule.get("default"), hide_input=hidden, err=True
    )
    return answer if not isinstance(answer, str) else _value(name, rule, answer)


def _title(rule: Mapping[str, Any], name: str) -> str:
    return str(rule.get("title", name))
