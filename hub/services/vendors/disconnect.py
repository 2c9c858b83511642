"""Leaving a vendor: nothing of ours stays behind there, and nothing is called any more."""

from hub.records.connection import ConnectionState
from hub.registry import UnknownConnectorError
from hub.sdk.errors import ConnectorError
from hub.services.context import Hub
from hub.services.vendors.subscriptions import remove_subscriptions
from hub.store.connections import set_state
from hub.store.jobs import hold_connection_jobs
from hub.store.schedules import rest_schedules_of


def disconnect(hub: Hub, code: str, reason: str) -> str:
    """Disable a connection and remove our webhooks there; gives what could not be removed.

    What it brought stays. A vendor that is away, or refuses us, does not keep it connected.
    """
    connection = hub.connection(code)
    left_behind = ""
    try:
        remove_subscriptions(hub, code)
    except ConnectorError as error:
        left_behind = f"its webhooks could not be removed: {error.reason}"
    except UnknownConnectorError as error:
        left_behind = f"its webhooks could not be removed: {error}"
    with hub.store.unit_of_work() as unit:
        set_state(unit, connection.id, ConnectionState.DISABLED, reason)
        hold_connection_jobs(unit, connection.id, "disabled")
        rest_schedules_of(unit, connection.id)
    return left_behind
