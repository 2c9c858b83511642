"""A hub without any vendor's network, for pages: on SQLite, with one scripted shop connected."""

import pytest

from hub.services.context import Hub
from hub.store.unit_of_work import Store
from tests.services.conftest import hub_on
from tests.store.conftest import clock, sqlite_store
from tests.store.shop_rows import connect

__all__ = ["clock", "hub", "sqlite_store"]


@pytest.fixture
def hub(sqlite_store: Store) -> Hub:
    """Pages are the same on both databases; what they read and press is tested where it lives."""
    connect(sqlite_store, connector="scripted")
    return hub_on(sqlite_store)
