"""A hub around the stores of tests/store, with one scripted shop connected."""

import pytest

from hub.records.policy import Policy
from hub.registry import load_plugins
from hub.services.context import Hub
from hub.services.reactions import react
from hub.store.connections import Connected
from hub.store.unit_of_work import Store
from tests.services.scripted_shop import ScriptedShop
from tests.store.conftest import (
    KEYRING,
    _postgres_engines,
    clock,
    postgres_store,
    sqlite_store,
    store,
)
from tests.store.shop_rows import connect

__all__ = ["_postgres_engines", "clock", "postgres_store", "sqlite_store", "store"]


def hub_on(store: Store) -> Hub:
    """Put a hub together on a store; its shop is opened without a network."""
    registry = load_plugins(only=["offline"], modules=["tests.services.scripted_shop"])
    reacting = Store(store.engines, store.clock, KEYRING, react)
    return Hub(reacting, registry, Policy(), lambda connection: None)  # type: ignore[arg-type,return-value]


@pytest.fixture
def hub(store: Store) -> Hub:
    """A hub that reacts to facts, with the connection NYC to a scripted shop."""
    connect(store, connector="scripted")
    return hub_on(store)


@pytest.fixture
def shop(hub: Hub) -> Connected:
    """The connection to the scripted shop."""
    return hub.connection("NYC")


@pytest.fixture
def vendor(hub: Hub, shop: Connected) -> ScriptedShop:
    """The scripted shop itself, as the hub keeps it open."""
    opened = hub.open(shop).connector
    assert isinstance(opened, ScriptedShop)
    return opened
