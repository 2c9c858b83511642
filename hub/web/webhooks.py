"""Webhooks at `/hooks/{token}`: bounded reading, then kept before they are answered."""

import asyncio
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hub.sdk.errors import MappingError, SignatureError
from hub.sdk.webhooks import WebhookRequest
from hub.services.context import Hub
from hub.services.receive import UnknownHookError, receive

LARGEST_BODY = 1024 * 1024
READ_WITHIN_S = 4.0
KEPT_WITHIN_S = 2.0
"""After this the vendor is told to try again; a repeat that was kept after all is recognised."""

THREADS = 8

log = logging.getLogger(__name__)


class RefusedError(Exception):
    """A request that is answered before anybody looks at what it says."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Webhooks:
    """The door for vendors. Every answer is empty; none is a redirect.

    What a later repeat could cure is answered with 503, because vendors give up on a 4xx.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        # Threads of their own: a locked database must not let them grow without bound.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
        self.answers: Counter[int] = Counter()

    async def receive(self, request: Request) -> Response:
        """Take one webhook."""
        try:
            given = WebhookRequest(dict(request.headers), await read_body(request))
            status = await self._keep(request.path_params["token"], given)
        except RefusedError as refused:
            status = refused.status
        self.answers[status] += 1
        return Response(status_code=status)

    async def _keep(self, token: str, given: WebhookRequest) -> int:
        keeping = asyncio.get_running_loop().run_in_executor(
            self._threads, self._kept, token, given
        )
        try:
            return await asyncio.wait_for(keeping, KEPT_WITHIN_S)
        except TimeoutError:
            log.warning("a webhook was not kept within %g s; its sender is to repeat it",
                        KEPT_WITHIN_S)  # fmt: skip
            return 503

    def _kept(self, token: str, given: WebhookRequest) -> int:
        try:
            receive(self._hub, token, given)
        except UnknownHookError:
            return 404
        except SignatureError as error:
            log.warning("a webhook was refused: %s", error)
            return 401
        except MappingError as error:
            log.warning("a signed webhook could not be read: %s", error)
            return 422
        except Exception:  # whatever else failed is ours, and a repeat may find it mended
            log.exception("a webhook could not be kept; its sender is to repeat it")
            return 503
        return 200


async def read_body(request: Request) -> bytes:
    """Read a body of bounded size in bounded time; raises `RefusedError`."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise RefusedError(415)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise RefusedError(413)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise RefusedError(413)
    except (TimeoutError, ClientDisconnect):
        raise RefusedError(503) from None
    return bytes(body)
