"""The HTTP client of every connector: bounded, guarded, its errors named, its calls recorded."""

import logging
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import msgspec

from hub.sdk import sendings
from hub.sdk.addresses import (
    PUBLIC_ONLY,
    AllowedAddresses,
    Resolver,
    check_url,
    is_loopback,
    system_resolver,
)
from hub.sdk.errors import ConnectorError, RejectedError, UnknownOutcomeError
from hub.sdk.exchange import Exchange, api_version_in, outcome_of
from hub.sdk.outcomes import PROVEN_REFUSALS, name_fault, name_status, name_web_page
from hub.sdk.pacing import Called, Gate
from hub.sdk.redaction import Redactor
from hub.sdk.response import Headers, Response
from hub.sdk.secrets import Secret
from hub.sdk.signing import Auth, BasicAuth, HeaderAuth, OAuth1
from hub.sdk.tripwire import refuse_inside_transaction
from hub.sdk.urls import Params, request_url
from hub.sdk.wire import HttpLimits, Outgoing, Reply, Wire

__all__ = [
    "ANY_2XX",
    "PUBLIC_ONLY",
    "AllowedAddresses",
    "Auth",
    "BasicAuth",
    "Exchange",
    "HeaderAuth",
    "Headers",
    "HttpClient",
    "HttpLimits",
    "OAuth1",
    "Response",
]

ANY_2XX = frozenset(range(200, 300))
USER_AGENT = "CommerceHub/0.1"
_LONGEST_REASON = 400

Classify: TypeAlias = Callable[[Response], Exception | None]

_log = logging.getLogger("hub.http")


class HttpClient:
    """Talks to one vendor for one connection; synchronous, and safe to use from many threads.

    `classify` sees every whole answer first and may name the vendor's own meaning of it (an error
    in a 200, a 500 that is final); None leaves it to the common rules. `observe` hears of every
    call. `gate` is asked before each call and hears how it ended. Headers and parameters may be
    `Secret`s; `secrets` are others of the connection, masked wherever an answer repeats
    them. Raises `RejectedError` for a refused address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connection: str = "",
        auth: Auth | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        limits: HttpLimits | None = None,
        allow: AllowedAddresses = PUBLIC_ONLY,
        ca_file: str | None = None,
        observe: Callable[[Exchange], None] | None = None,
        classify: Classify | None = None,
        user_agent: str = USER_AGENT,
        resolve: Resolver = system_resolver,
        gate: Gate | None = None,
        secrets: Iterable[Secret] = (),
    ) -> None:
        self._origin = check_url(base_url, allow)
        self._connection, self._auth = connection, auth
        self._observe, self._classify, self._gate = observe, classify, gate
        self._headers: dict[str, str | Secret] = {
            "user-agent": user_agent,
            "accept": "application/json",
            "accept-encoding": "identity" if is_loopback(self._origin.host) else "gzip",
            **_lower(headers or {}),
        }
        signed_with = auth.secrets() if auth else ()
        self._secrets = (*secrets, *signed_with, *_secrets(self._headers.values()))
        self._redactor = Redactor(self._secrets)
        self._wire = Wire(limits or HttpLimits(), allow, ca_file, resolve)
        self._closed = False

    def get(self, path: str, **options: Any) -> Response:
        """Read; options as in `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Response:
        """Send; options as in `request`: say `effect=True` when it spends or creates."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Response:
        """Set; options as in `request`."""
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Response:
        """Remove; options as in `request`."""
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        expect: frozenset[int] = ANY_2XX,
        effect: bool = False,
    ) -> Response:
        """Make one attempt and give the answer, if its status is expected.

        `path` is below the base URL, or a whole URL of the same origin (a next page's link).
        Raises `NotSentError`, `TransientError`, `RateLimitedError`, `AuthError`, `RejectedError`;
        with `effect`, all that is neither a proven refusal nor provably unsent is
        `UnknownOutcomeError`. Inside a transaction it raises `CallInsideTransactionError`.
        """
        self._enter()
        url = request_url(self._origin, path, params or {})
        sent_headers = {**self._headers, **_lower(headers or {})}
        outgoing = self._signed(method, url, sent_headers, json, content)
        redactor = self._redactor_with(*(params or {}).values(), *(headers or {}).values())
        reply = self._wire.exchange(outgoing)
        about = redactor(f"{method} {self._origin.host}{urlsplit(url).path}")
        response = Response(
            reply.status or 0, Headers(reply.headers), reply.body, reply.elapsed, effect, about
        )
        wants_json = "json" in str(sent_headers["accept"])
        failure = self._judge(reply, response, expect, wants_json)
        if isinstance(failure, ConnectorError):
            sendings.mark(failure)
            _redact(failure, redactor)
        self._learn(reply, failure, effect)
        self._record(outgoing, url, reply, response, failure, redactor)
        if failure is not None:
            raise failure
        return response

    def close(self) -> None:
        """Hang up; the client cannot be used again."""
        self._closed = True
        self._wire.close()

    def __enter__(self) -> "HttpClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"HttpClient({self._origin})"

    def _enter(self) -> None:
        refuse_inside_transaction(f"a call to {self._origin.host}")
        if self._closed:
            raise RuntimeError("this client was closed")
        if self._gate:  # before signing: a signature names its time
            try:
                self._gate.enter()
            except ConnectorError as held_back:
                sendings.mark(held_back)
                raise

    def _redactor_with(self, *values: object) -> Redactor:
        more = _secrets(values)
        return Redactor((*self._secrets, *more)) if more else self._redactor

    def _signed(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | Secret],
        json: Any,
        content: bytes | None,
    ) -> Outgoing:
        sent = {name: _plain(value) for name, value in headers.items()}
        body = content or b""
        if json is not None:
            body = msgspec.json.encode(json)
            sent.setdefault("content-type", "application/json")
        if self._auth:
            url, added = self._auth.sign(method, url, body)
            sent |= _lower(added)
        if any(character in value for value in sent.values() for character in "\r\n\0"):
            raise RejectedError("a header's value contains a line break", code="bad_header")
        return Outgoing(method, url, sent, body)

    def _judge(
        self, reply: Reply, response: Response, expect: frozenset[int], wants_json: bool
    ) -> Exception | None:
        if reply.fault and reply.status not in PROVEN_REFUSALS:
            return name_fault(reply.fault, response.about, response.effect)
        try:
            if self._classify and (named := self._classify(response)):
                return named
            if response.status not in expect:
                return name_status(response)
            if wants_json and response.body and response.status in ANY_2XX:
                if response.content_type in ("text/html", "application/xhtml+xml"):
                    return name_web_page(response)
                if response.effect and "json" in response.content_type:
                    response.json()  # only a success that can be read is a success
        except ConnectorError as error:
            return error
        return None

    def _learn(self, reply: Reply, failure: Exception | None, effect: bool) -> None:
        if effect and (failure is None or isinstance(failure, UnknownOutcomeError)):
            sendings.note_sent()
        if self._gate is None or (reply.fault and reply.fault.kind == "address"):
            return
        asked = getattr(failure, "retry_after", None)
        self._gate.leave(Called(outcome_of(failure), reply.elapsed, asked))

    def _record(
        self,
        outgoing: Outgoing,
        url: str,
        reply: Reply,
        response: Response,
        failure: Exception | None,
        redactor: Redactor,
    ) -> None:
        if self._observe is None:
            return
        exchange = Exchange(
            connection=self._connection,
            method=outgoing.method,
            host=self._origin.host,
            path=redactor.url(url.removeprefix(str(self._origin))),
            effect=response.effect,
            status=reply.status,
            outcome=outcome_of(failure),
            reason="" if failure is None else _shortened(redactor(str(failure))),
            elapsed_ms=round(reply.elapsed * 1000, 3),
            api_version=api_version_in(response.headers),
            request_bytes=len(outgoing.body),
            response_bytes=len(reply.body),
        )
        try:
            self._observe(exchange)
        except Exception:
            # An observer's mistake must not turn a bought label into an unknown one.
            _log.exception("an observer of exchanges failed")


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _secrets(values: Iterable[object]) -> tuple[Secret, ...]:
    return tuple(value for value in values if isinstance(value, Secret))


def _lower(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in headers.items()}


def _redact(failure: ConnectorError, redactor: Redactor) -> None:
    # Shortened after redaction: half a credential would not be recognised.
    failure.reason = _shortened(redactor(failure.reason))
    failure.args = (failure.reason,)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"
