"""`/health`: the process lives. `/ready`: it can do its work, and does."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from hub.reports.health import oldest_due
from hub.services.context import Hub
from hub.store import schema
from hub.store.life import WHY, restored_at

ANSWER_WITHIN_S = 2.0
OLDEST_PASS = timedelta(seconds=60)
OLDEST_DUE = timedelta(minutes=15)
"""Work may wait behind a long pull of its shop; longer than this, nobody is doing it."""


class Health:
    """What load balancers and operators ask."""

    def __init__(
        self, hub: Hub, relay_pass: Callable[[], datetime | None] | None, answers: Counter[int],
        degraded: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        self._hub = hub
        self._relay_pass = relay_pass
        self._answers = answers
        self._degraded = degraded
        self._started_at = hub.store.clock()
        self._newest = schema.newest()

    async def alive(self, _request: Request) -> JSONResponse:
        """Answer as long as the process does."""
        return JSONResponse({"alive": True})

    async def ready(self, _request: Request) -> JSONResponse:
        """Answer 200 when work is done here, else 503 with the reasons.

        A warning does not stop work: without a broker the relay finds it a little later, and on a
        disk without room orders are still kept, only nothing is bought.
        """
        try:
            reasons = await asyncio.wait_for(asyncio.to_thread(self._reasons), ANSWER_WITHIN_S)
        except TimeoutError:
            reasons = ["the database does not answer"]
        body: Mapping[str, Any] = {
            "ready": not reasons,
            "reasons": reasons,
            "warnings": await asyncio.to_thread(lambda: list(self._warnings())),
            "webhooks": {str(status): count for status, count in sorted(self._answers.items())},
        }
        return JSONResponse(body, status_code=503 if reasons else 200)

    def _reasons(self) -> list[str]:
        try:
            return [*self._database(), *self._relay(), *self._work()]
        except Exception as error:  # whatever it is, this process cannot work
            return [f"the database cannot be used ({type(error).__name__})"]

    def _database(self) -> Iterator[str]:
        revision = schema.current(self._hub.store.engines)
        if revision != self._newest:
            yield f"the database has schema {revision}, not {self._newest}"
        with self._hub.store.unit_of_work():
            pass  # a transaction that may write is opened and committed

    def _relay(self) -> Iterator[str]:
        if self._relay_pass is None:
            return
        age = self._hub.store.clock() - (self._relay_pass() or self._started_at)
        if age > OLDEST_PASS:
            yield f"the relay has not looked for work for {age.total_seconds():.0f} s"

    def _work(self) -> Iterator[str]:
        now = self._hub.store.clock()
        with self._hub.store.reading() as database:
            since = oldest_due(database, now)
        if since is not None and now - since > OLDEST_DUE:
            yield f"a job has been due for {(now - since).total_seconds():.0f} s"

    def _warnings(self) -> Iterator[str]:
        if self._degraded and (trouble := self._degraded()):
            yield trouble
        if not self._hub.may_spend():
            yield "the disk is nearly full: orders are still kept, but nothing is bought"
        if self._is_older_copy():
            yield WHY

    def _is_older_copy(self) -> bool:
        try:
            with self._hub.store.reading() as database:
                return restored_at(database) is not None
        except Exception:  # that the database cannot be used is a reason, and was told as one
            return False
