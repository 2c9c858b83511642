"""The stores of tests/store, for the engine."""

from tests.store.conftest import (
    _postgres_engines,
    clock,
    postgres_store,
    sqlite_store,
    store,
)

__all__ = ["_postgres_engines", "clock", "postgres_store", "sqlite_store", "store"]
