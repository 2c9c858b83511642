"""The hooks: three collect at start, two observe. No hook changes a value in passing."""

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from hub.records.events import Event
    from hub.sdk.connector import Connector
    from hub.sdk.exchange import Exchange
    from hub.sdk.rules import ReorderRule, RoutingRule

PROJECT = "hub"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


# -- collected once, at start; a plugin that fails is listed as broken, the others go on ------


@hookspec
def hub_connectors() -> "list[Connector]":  # type: ignore[empty-body]
    """Give the connectors this plugin brings."""


@hookspec
def hub_routing_rules() -> "list[RoutingRule]":  # type: ignore[empty-body]
    """Give named stages that the routing policy may list."""


@hookspec
def hub_reorder_rules() -> "list[ReorderRule]":  # type: ignore[empty-body]
    """Give named reorder rules that the purchasing policy may list."""


# -- observers; called after the fact, an error is logged and nothing else happens -------------


@hookspec
def hub_event(event: "Event") -> None:
    """Hear of a fact after it was committed."""


@hookspec
def hub_exchange(exchange: "Exchange") -> None:
    """Hear of a finished call to a vendor, already redacted."""
