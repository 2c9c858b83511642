"""Webhooks at `/hooks/{token}`: bounded reading, then kept before they are answered."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hub.sdk.errors import MappingError, SignatureError
from hub.sdk.webhooks import WebhookRequest
from hub.services.context import Hub
from hub.services.intake.receive import Letter, UnknownHookError, keep_each, open_letter
from hub.web.lanes import FullError, Lanes
from hub.web.mailroom import Mailroom

LARGEST_BODY = 1024 * 1024
MOST_IN_HAND = 64 * 1024 * 1024
"""Bytes of all bodies being read or waiting; beyond, vendors are asked to come again."""
READ_WITHIN_S = 4.0
KEPT_WITHIN_S = 2.0
"""After this the vendor is told to try again; a repeat that was kept after all is recognised."""

LANES, THREADS_OF_A_LANE, MOST_OF_A_LANE = 8, 2, 500

log = logging.getLogger(__name__)

Take = Callable[[int], None]
"""Take so many more bytes in hand; raises `RefusedError` when there are too many."""


class RefusedError(Exception):
    """A request that is answered before anybody looks at what it says."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BrokenConnectorError(Exception):
    """A connector tried to end the process instead of reading a webhook."""


@dataclass
class _Hand:
    """What one request holds in memory, and the work that reads it, maybe beyond its answer."""

    size: int = 0
    work: Future[Letter] | None = None


class Webhooks:
    """The door for vendors. Every answer is empty; none is a redirect.

    What a later repeat could cure is answered with 503, because vendors give up on a 4xx.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        # Threads of their own, and few: neither a locked database nor a connector that hangs
        # may let them grow.
        self._lanes = Lanes(LANES, THREADS_OF_A_LANE, MOST_OF_A_LANE)
        self._mailroom = Mailroom(self._keep_letters)
        self._in_hand, self._counting = 0, threading.Lock()
        self.answers: Counter[int] = Counter()

    def _keep_letters(self, letters: Sequence[Letter]) -> Sequence[int | Exception]:
        with self._hub.store.aside():
            return keep_each(self._hub, letters)

    async def receive(self, request: Request) -> Response:
        """Take one webhook."""
        try:
            with self._hand() as hand:
                body = await read_body(request, partial(self._take, hand))
                given = WebhookRequest(plain_headers(request), body)
                status = await self._status(request.path_params["token"], given, hand)
        except RefusedError as refused:
            status = refused.status
        self.answers[status] += 1
        return Response(status_code=status)

    @contextmanager
    def _hand(self) -> Iterator[_Hand]:
        """Count what a request holds until nobody reads it any more, be it answered or not."""
        hand = _Hand()
        try:
            yield hand
        finally:
            if hand.work is None:
                self._let_go(hand)
            else:
                hand.work.add_done_callback(lambda _: self._let_go(hand))

    def _take(self, hand: _Hand, size: int) -> None:
        with self._counting:
            if self._in_hand + size > MOST_IN_HAND:
                raise RefusedError(503)
            self._in_hand += size
            hand.size += size

    def _let_go(self, hand: _Hand) -> None:
        with self._counting:
            self._in_hand -= hand.size

    async def _status(self, token: str, given: WebhookRequest, hand: _Hand) -> int:
        try:
            async with asyncio.timeout(KEPT_WITHIN_S):
                await self._keep(token, given, hand)
        except UnknownHookError:
            return 404
        except SignatureError as error:
            log.warning("a webhook was refused: %s", error)
            return 401
        except MappingError as error:
            log.warning("a signed webhook could not be read: %s", error)
            return 422
        except (TimeoutError, FullError):
            log.warning("a webhook was not kept within %g s; its sender is to repeat it",
                        KEPT_WITHIN_S)  # fmt: skip
            return 503
        except Exception:  # whatever else failed is ours, and a repeat may find it mended
            log.exception("a webhook could not be kept; its sender is to repeat it")
            return 503
        return 200

    async def _keep(self, token: str, given: WebhookRequest, hand: _Hand) -> None:
        hand.work = self._lanes.submit(token, partial(_open, self._hub, token, given))
        letter = await asyncio.shield(asyncio.wrap_future(hand.work))
        if letter.deliveries:
            await asyncio.wrap_future(self._mailroom.post(letter))


def _open(hub: Hub, token: str, given: WebhookRequest) -> Letter:
    try:
        with hub.store.aside():
            return open_letter(hub, token, given)
    except Exception:
        raise
    except BaseException as error:  # `sys.exit` of a connector would end the event loop
        raise BrokenConnectorError(f"it raised {type(error).__name__}") from error


def plain_headers(request: Request) -> dict[str, str]:
    """Give the headers by lower-case name; a name sent twice has both values, as one list.

    So nobody can show one signature to the check and another to what stands before the hub.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def read_body(request: Request, take: Take = lambda size: None) -> bytes:
    """Read a body of bounded size in bounded time; raises `RefusedError`."""
    encodings = request.headers.getlist("content-encoding")
    if any(encoding.strip().lower() not in ("", "identity") for encoding in encodings):
        raise RefusedError(415)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > LARGEST_BODY:
        raise RefusedError(413)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.stream():
                if len(body) + len(chunk) > LARGEST_BODY:
                    raise RefusedError(413)
                take(len(chunk))
                body += chunk
    except (TimeoutError, ClientDisconnect):
        raise RefusedError(503) from None
    return bytes(body)
