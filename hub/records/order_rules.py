"""Order rules: what a merchant wants done with orders of a kind, in the order written."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from hub.records.base import Record, Text


class RuleAction(StrEnum):
    """What a rule does to an order that it fits."""

    HOLD = "hold"
    """Not shipped until somebody releases it; `value` is the note."""
    TAG = "tag"
    """`value` is the tag."""
    SET_SERVICE = "set_service"
    """Its labels are bought for the carrier service `value`."""
    SET_LOCATION = "set_location"
    """It ships from the location with the code `value`, or waits."""
    SET_SHIPPING = "set_shipping"
    """`value` is together, or available: what is there goes first. A person's word stands."""
    NOTIFY = "notify"
    """An operator is told; `value` is the sentence."""


class OrderRule(Record):
    """One rule: while `when` is true of an order, `then` is done to it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    when: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
    """A condition over the variables that `hub rules variables` lists."""
    then: RuleAction
    value: Text = ""
    hold_hours: Annotated[int, Field(ge=1, le=24 * 365)] | None = None
    """A hold ends by itself after so many hours; else a person releases it."""
    enabled: bool = True


def _names_differ(rules: tuple[OrderRule, ...]) -> tuple[OrderRule, ...]:
    names = [rule.name for rule in rules]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two rules have the name {min(twice)}")
    return rules


Rules = Annotated[tuple[OrderRule, ...], Field(max_length=200), AfterValidator(_names_differ)]


class OrderRules(Record):
    """The rules for orders; of two that set the same thing, the first that fits decides."""

    rules: Annotated[
        tuple[OrderRule, ...], Field(max_length=200), AfterValidator(_names_differ)
    ] = ()
