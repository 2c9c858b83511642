"""The log of calls to vendors: buffered, since it explains work but is never the record of it."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hub.sdk.exchange import Exchange
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Store

_FULL = 50
_OLD_S = 2.0
_log = logging.getLogger("hub.exchanges")


class ExchangeLog:
    """Collects finished calls and writes them in batches; a crash may lose the last seconds."""

    def __init__(self, tell: Callable[[Exchange], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._waiting: list[dict[str, Any]] = []
        self._since = time.monotonic()

    def observe(self, store: Store, exchange: Exchange) -> None:
        """Take note of a call; never fails the call it is about."""
        row = {
            "id": new_id(), "connection_id": exchange.connection, "method": exchange.method,
            "path": exchange.path[:300], "status": exchange.status, "outcome": exchange.outcome,
            "elapsed_ms": round(exchange.elapsed_ms), "api_version": exchange.api_version or "",
            "at": store.clock(),
        }  # fmt: skip
        with self._lock:
            self._waiting.append(row)
            due = len(self._waiting) >= _FULL or time.monotonic() - self._since > _OLD_S
        if due:
            self.flush(store)
        self._tell(exchange)

    def flush(self, store: Store) -> None:
        """Write what has been collected."""
        with self._lock:
            rows, self._waiting = self._waiting, []
            self._since = time.monotonic()
        if not rows:
            return
        try:
            with store.unit_of_work() as unit:
                unit.execute(tables.exchange.insert(), rows)
        except SQLAlchemyError as error:  # the log explains; it must not stop the work
            _log.warning("lost %d exchange records: %s", len(rows), type(error).__name__)
