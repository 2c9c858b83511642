"""A kind of effect: what is asked of a vendor, how it is looked for, what is recorded after."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from hub.domain.effects import Need
from hub.records.base import Record
from hub.registry import Opened
from hub.store.effects import Effect
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit


@dataclass(frozen=True)
class EffectKind:
    """The three beats of a kind: read the request, call (or look), record the answer."""

    capability: type
    load: Callable[[Connection, Keyring, Effect], Record]
    call: Callable[[Opened, Any, str], Any]
    find: Callable[[Opened, Any, str], Any] | None
    """None where no connector can look for it."""
    name: Callable[[Any], str]
    """The vendor's id in an answer."""
    succeeded: Callable[[Unit, Effect, Any], None]
    refused: Callable[[Unit, Effect, str], None]
    withdrawn: Callable[[Unit, Effect], None]
    """What is given back when it was never sent, because nobody needs it any more."""
    need: Callable[[Connection, Effect], Need]
    """Whether it is still wanted; asked again in the commit that would send it."""


def nothing_more(unit: Unit, effect: Effect, answer: Any = None) -> None:
    """The effect's own row says all there is to say."""


def always_wanted(database: Connection, effect: Effect) -> Need:
    """What is owed stays owed."""
    return Need.WANTED


T = TypeVar("T")


def offered(opened: Opened, capability: type[T]) -> T:
    """Give the connector as what it must be for this effect."""
    found = opened.offering(capability)
    assert found is not None, f"{opened.descriptor.name} does not provide {capability.__name__}"
    return found
