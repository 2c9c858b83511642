"""What a connector can be asked to do, read from the protocols themselves.

A capability that is added to the sdk is checked at once: an effect is a verb that takes a `key`, a
look-up one that begins with `find_`, a stream one that begins with `pull_` and takes a cursor, a
translation one that begins with `to_`.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_type_hints

from hub.sdk.capabilities import ReceiveWebhooks

Sort = Literal["stream", "translation", "effect", "lookup", "desired", "read", "webhook"]

_DESIRED = ("push_", "put_", "remove_")


@dataclass(frozen=True)
class Verb:
    """One method of one capability."""

    capability: type
    method: str

    @property
    def sort(self) -> Sort:
        """What kind of promise comes with it."""
        if self.capability is ReceiveWebhooks:
            return "webhook"
        if self.method.startswith("to_"):
            return "translation"
        if self.method.startswith("pull_") and "cursor" in self.parameters:
            return "stream"
        if self.method.startswith("find_"):
            return "lookup"
        if "key" in self.parameters:
            return "effect"
        return "desired" if self.method.startswith(_DESIRED) else "read"

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """What the hub gives, by name, without `self`."""
        declared = inspect.signature(getattr(self.capability, self.method)).parameters
        return {name: one for name, one in declared.items() if name != "self"}

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """The type of each argument, by name."""
        return get_type_hints(getattr(self.capability, self.method))

    @property
    def noun(self) -> str:
        """What it is about: orders for `pull_orders`, order for `to_order`."""
        return self.method.partition("_")[2]

    def __str__(self) -> str:
        return self.method


def verbs_of(capability: type) -> tuple[Verb, ...]:
    """Give the methods of a capability in the order of its source."""
    return tuple(
        Verb(capability, name)
        for name, one in vars(capability).items()
        if inspect.isfunction(one) and not name.startswith("_")
    )


def unfit(connector: object, verb: Verb) -> str:
    """Say why the hub could not call this method; empty when it can."""
    method = getattr(connector, verb.method)
    places = [n for n, one in verb.parameters.items() if one.kind is not one.KEYWORD_ONLY]
    names = {n: None for n, one in verb.parameters.items() if one.kind is one.KEYWORD_ONLY}
    try:
        inspect.signature(method).bind(*places, **names)
    except TypeError as error:
        wanted = inspect.signature(getattr(verb.capability, verb.method))
        return f"{verb}{inspect.signature(method)} cannot be called as {verb}{wanted}: {error}"
    return ""


def all_verbs(capabilities: Iterable[type]) -> tuple[Verb, ...]:
    """Give the methods of several capabilities."""
    return tuple(verb for capability in capabilities for verb in verbs_of(capability))


def partner(verb: Verb, sort: Sort) -> Verb | None:
    """Give the verb of another sort in the same capability: the look-up of an effect."""
    return next((one for one in verbs_of(verb.capability) if one.sort == sort), None)
