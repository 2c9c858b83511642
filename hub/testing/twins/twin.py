"""What a connector declares so that its vendor can be simulated: one frozen description."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from hub.testing.twins.deliveries import Delivery, Outgoing
from hub.testing.twins.state import TwinState

Action = Callable[[TwinState, Mapping[str, Any]], Any]


class ActionError(Exception):
    """An action asked for something the simulated vendor does not have; answered with 422."""


def _nothing_to_post(_state: TwinState, _delivery: Delivery) -> None:
    return None


def _outcome_ignored(_state: TwinState, _delivery: Delivery, _status: int | None) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A simulated vendor.

    build    the vendor's own HTTP interface over the state
    seed     fills a new state from a folder, or from the twin's own samples when given None
    actions  what happens at the vendor without an API call, by name (a customer places an order)
    compose  a queued webhook delivery as the request to send now, or None to send nothing
    posted   told the receiver's status (None: no answer) after each delivery
    """

    name: str
    title: str
    build: Callable[[TwinState], ASGIApp]
    seed: Callable[[TwinState, Path | None], None]
    actions: Mapping[str, Action] = field(default_factory=dict)
    compose: Callable[[TwinState, Delivery], Outgoing | None] = _nothing_to_post
    posted: Callable[[TwinState, Delivery, int | None], None] = _outcome_ignored


def load_twin(import_string: str) -> Twin:
    """Return the twin named by `package.module:attribute`; raises TypeError if it is not one."""
    module, _, attribute = import_string.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, Twin):
        raise TypeError(f"{import_string} is not a Twin")
    return found
