"""The twin's front door: one request at a time, faults applied, all of it logged, then answered."""

from __future__ import annotations

import asyncio
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.testing.twins import late, log
from hub.testing.twins.control import control_app
from hub.testing.twins.deliveries import Delivery, Outgoing, Taken, forge, take_next
from hub.testing.twins.dials import FaultDials
from hub.testing.twins.faults import AFTER, BEFORE, INSIDE, REPLICAS, Fault
from hub.testing.twins.mishaps import instead, spoiled
from hub.testing.twins.state import TwinState
from hub.testing.twins.stranger import Stranger
from hub.testing.twins.twin import Twin
from hub.testing.twins.wire import Reply, ask, read_body, transmit

CONTROL = "/_twin"
SWEEP_SECONDS = 0.05


class FrontDoor:
    """The ASGI app of a running twin: the vendor's interface plus `/_twin`."""

    def __init__(self, twin: Twin, state: TwinState, seed: Path | None = None) -> None:
        self.twin = twin
        self.state = state
        self._stranger = Stranger(twin, seed, state)
        self._open_dials()
        # Requests are taken one by one: each is a transaction, and a vendor's rows would be locked.
        self.lock = asyncio.Lock()
        self._posting = asyncio.Lock()
        self.vendor: ASGIApp = twin.build(state)
        self.control = control_app(self)

    def save(self, path: Path) -> None:
        """Copy all the twin knows into a file, between two requests."""
        self.state.save(path)

    def restore(self, path: Path) -> None:
        """Go back to what such a file holds: documents, log, queue, clock and faults."""
        self.state.restore(path)
        self._open_dials()

    def _open_dials(self) -> None:
        only = {"lagging_list": self.twin.lists, "degraded_list": self.twin.pages}
        self.dials = FaultDials(self.state, only)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, the ASGI way."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"].startswith(CONTROL):
            await self.control(scope, receive, send)
        else:
            body = await read_body(receive)
            async with self.lock:
                reply = self._dated(await self._answer(scope, body))
            await transmit(reply, receive, send)

    def _dated(self, reply: Reply) -> Reply:
        """Date an answer by the vendor's clock: connectors read the present there."""
        date = format_datetime(self.state.clock.now().astimezone(UTC), usegmt=True)
        return replace(reply, headers=(*reply.headers, (b"date", date.encode())))

    # -- requests ------------------------------------------------------------------------------

    async def _answer(self, scope: Scope, body: bytes) -> Reply:
        method, target = scope["method"], _target(scope)
        try:
            await self.catch_up()
            with self.state.transaction():
                return await self._work(scope, body, method, target)
        except Exception as error:  # a mistake in the twin itself: undone, shown, answered 500
            traceback.print_exc(file=sys.stderr)
            self._log_answer(method, target, 500, "twin_error", repr(error))
            return Reply(status=500, body=b"the twin itself failed; see its error output")

    async def _work(self, scope: Scope, body: bytes, method: str, target: str) -> Reply:
        self.state.during(method, target)
        if fault := self.dials.take(BEFORE, method, target):
            if fault.kind == "late_apply":
                late.put_off(self.state, scope, body, fault.seconds)
            reply = instead(fault)
            self._log_answer(method, target, reply.status, fault.kind)
            return reply
        inside = self.dials.take(INSIDE, method, target)
        reply = await self._ask_vendor(scope, body, inside)
        fault = self.dials.take(AFTER, method, target)
        if fault is not None:
            reply = spoiled(reply, fault)
        met = fault or inside
        self._log_answer(method, target, reply.status, met.kind if met else "")
        return reply

    async def _ask_vendor(self, scope: Scope, body: bytes, inside: Fault | None) -> Reply:
        kind = inside.kind if inside else ""
        scope = {**scope, "twin.revoked": kind == "revoked"}
        if kind == "wrong_shop":
            return await self._stranger.answer(scope, body)
        if inside and kind in REPLICAS:
            with self.state.seen_from(timedelta(seconds=inside.seconds)):
                return await ask(self.vendor, scope, body)
        return await ask(self.vendor, scope, body)

    async def catch_up(self) -> None:
        """Do what was put off and is due by now; the caller has the lock."""
        for request in late.due(self.state):
            with self.state.transaction():
                late.forget(self.state, request)
                self.state.during(request.method, request.path)
                reply = await ask(self.vendor, request.scope(), request.body)
                log.append(
                    self.state.connection, "late", self.state.clock.now(),
                    method=request.method, path=request.path, status=reply.status,
                )  # fmt: skip

    def _log_answer(
        self, method: str, target: str, status: int, fault: str, error: str = ""
    ) -> None:
        detail = {"error": error} if error else {}
        log.append(
            self.state.connection, "answer", self.state.clock.now(),
            method=method, path=target, status=status, kind=fault, detail=detail,
        )  # fmt: skip

    # -- webhooks ------------------------------------------------------------------------------

    async def deliver(self, *, all_owed: bool = False) -> list[dict[str, Any]]:
        """Send what is due (or all that is owed) one after the other; return what was sent."""
        sent: list[dict[str, Any]] = []
        async with self._posting:
            while (taken_out := await self._take(all_owed)) is not None:
                sent += await self._send(*taken_out)
        return sent

    async def _take(self, all_owed: bool) -> tuple[Taken, Outgoing] | None:
        async with self.lock:
            with self.state.transaction():
                self.state.during("", "webhook")
                while taken := take_next(self.state, self.dials, all_owed=all_owed):
                    outgoing = self.twin.compose(self.state, taken.delivery)
                    if outgoing is not None:
                        return taken, outgoing
        return None

    async def _send(self, taken: Taken, outgoing: Outgoing) -> list[dict[str, Any]]:
        # The lock is free meanwhile: the receiver may well ask the vendor back before it answers.
        sent = []
        if taken.copies == 0:
            await self._note(taken.delivery, outgoing, None, "dropped")
        for _ in range(taken.copies):
            status = await post(outgoing)
            await self._note(taken.delivery, outgoing, status)
            delivery = taken.delivery
            sent.append({"topic": delivery.topic, "subject": delivery.subject, "status": status})
        if taken.forged:
            forgery = forge(outgoing)
            await self._note(taken.delivery, forgery, await post(forgery), "forged")
        return sent

    async def _note(
        self, delivery: Delivery, outgoing: Outgoing, status: int | None, mark: str = ""
    ) -> None:
        async with self.lock:
            with self.state.transaction():
                log.append(
                    self.state.connection, "delivery", self.state.clock.now(),
                    method=outgoing.method, path=outgoing.url, reference=delivery.target,
                    kind=delivery.topic, subject=delivery.subject, status=status,
                    detail={"dropped": mark == "dropped", "forged": mark == "forged",
                            "size": len(outgoing.body)},
                )  # fmt: skip
                if not mark:
                    self.twin.posted(self.state, delivery, status)

    # -- life ----------------------------------------------------------------------------------

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        sweeper = asyncio.create_task(self._sweep())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        sweeper.cancel()
        with suppress(asyncio.CancelledError):
            await sweeper
        await send({"type": "lifespan.shutdown.complete"})

    async def settle(self) -> None:
        """Do what is due: requests that were put off, then webhooks."""
        async with self.lock:
            await self.catch_up()
        await self.deliver()

    async def _sweep(self) -> None:
        while True:
            if self.state.clock.source is None:  # else whoever moves that clock says when
                await self.settle()
            await asyncio.sleep(SWEEP_SECONDS)


async def post(outgoing: Outgoing) -> int | None:
    """Send one webhook, redirects not followed; None when there was no answer."""
    try:
        async with httpx.AsyncClient(verify=False, timeout=10.0, trust_env=False) as client:
            answer = await client.request(
                outgoing.method, outgoing.url, headers=outgoing.headers, content=outgoing.body
            )
            return answer.status_code
    except httpx.HTTPError:
        return None


def _target(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return scope["path"] + (f"?{query}" if query else "")
