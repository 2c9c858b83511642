"""A hub without any vendor's network, for pages: with one scripted shop connected."""

import pytest

from hub.services.context import Hub
from hub.store.unit_of_work import Store
from tests.services.conftest import hub_on
from tests.store.conftest import _postgres_engines, clock, postgres_store, sqlite_store, store
from tests.store.shop_rows import connect

__all__ = ["_postgres_engines", "clock", "hub", "postgres_store", "sqlite_store", "store"]


@pytest.fixture
def hub(store: Store) -> Hub:
    """A hub that reacts to facts, with the connection NYC to a scripted shop."""
    connect(store, connector="scripted")
    return hub_on(store)
