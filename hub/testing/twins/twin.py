"""What a connector declares so that its vendor can be simulated: one frozen description."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

from hub.testing.twins.deliveries import Delivery, Outgoing
from hub.testing.twins.state import TwinState
from hub.testing.twins.testimony import Testimony

if TYPE_CHECKING:
    from hub.testing.twins.client import RunningTwin

Action = Callable[[TwinState, Mapping[str, Any]], Any]


class ActionError(Exception):
    """An action asked for something the simulated vendor does not have; answered with 422."""


def _nothing_to_post(_state: TwinState, _delivery: Delivery) -> None:
    return None


def _outcome_ignored(_state: TwinState, _delivery: Delivery, _status: int | None) -> None:
    return None


def _nothing_to_say(_twin: RunningTwin) -> Testimony:
    return Testimony()


def _by_address(url: str) -> Mapping[str, Any]:
    return {"url": url}


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A simulated vendor.

    build    the vendor's own HTTP interface over the state
    seed     fills a new state from a folder, or from the twin's own samples when given None
    actions  what happens at the vendor without an API call, by name (a customer places an order)
    compose  a queued webhook delivery as the request to send now, or None to send nothing
    posted   told the receiver's status (None: no answer) after each delivery
    connects the configuration of a connection to this twin, given its address
    second   options that make it another account of the same vendor, with the same goods
    testify  what an honest hub must agree with, read from the twin's documents and log
    samples  where below the vendor data its richest seed lies, empty when there is none
    lists    a regular expression: the paths that are lists, by default those not ending in an id
    pages    a regular expression: the paths that are a list's later pages
    """

    name: str
    title: str
    build: Callable[[TwinState], ASGIApp]
    seed: Callable[[TwinState, Path | None], None]
    actions: Mapping[str, Action] = field(default_factory=dict)
    compose: Callable[[TwinState, Delivery], Outgoing | None] = _nothing_to_post
    posted: Callable[[TwinState, Delivery, int | None], None] = _outcome_ignored
    connects: Callable[[str], Mapping[str, Any]] = _by_address
    second: Mapping[str, str] = field(default_factory=dict)
    testify: Callable[[RunningTwin], Testimony] = _nothing_to_say
    samples: str = ""
    lists: str = r"^[^?]*/[^/?\d]+/?(\?|$)"
    pages: str = r"[?&](page=(?!0*1(&|$))\d|offset=0*[1-9]|(cursor|page_info|page_token)=[^&])"


def load_twin(import_string: str) -> Twin:
    """Return the twin named by `package.module:attribute`; raises TypeError if it is not one."""
    module, _, attribute = import_string.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, Twin):
        raise TypeError(f"{import_string} is not a Twin")
    return found
