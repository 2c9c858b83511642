"""How a request proves who sends it: Basic, a header, or OAuth 1.0a in the query."""

import base64
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from hub.sdk.secrets import Secret

# At DEBUG it prints the parameters and the text it signs.
logging.getLogger("oauthlib").setLevel(logging.WARNING)


class Auth(Protocol):
    """Adds credentials to one attempt; called anew for every attempt."""

    def sign(self, method: str, url: str, body: bytes) -> tuple[str, Mapping[str, str]]:
        """Give the URL to call and the headers to add."""
        ...

    def secrets(self) -> tuple[Secret, ...]:
        """Give every value that must not be seen again, for the redactor."""
        ...


class BasicAuth:
    """User and password in the Authorization header (RFC 7617, as UTF-8)."""

    def __init__(self, user: Secret, password: Secret) -> None:
        self._user, self._password = user, password

    def sign(self, method: str, url: str, body: bytes) -> tuple[str, Mapping[str, str]]:
        """Add the header; the URL stays."""
        return url, {"authorization": f"Basic {self._encoded()}"}

    def secrets(self) -> tuple[Secret, ...]:
        """Both halves, and what they become together."""
        return self._user, self._password, Secret(self._encoded())

    def _encoded(self) -> str:
        pair = f"{self._user.reveal()}:{self._password.reveal()}"
        return base64.b64encode(pair.encode()).decode()


class HeaderAuth:
    """A token in a header: `HeaderAuth(token, prefix="Bearer ")`, or a header of the vendor's."""

    def __init__(self, value: Secret, *, name: str = "authorization", prefix: str = "") -> None:
        self._value, self._name, self._prefix = value, name.lower(), prefix

    def sign(self, method: str, url: str, body: bytes) -> tuple[str, Mapping[str, str]]:
        """Add the header; the URL stays."""
        return url, {self._name: f"{self._prefix}{self._value.reveal()}"}

    def secrets(self) -> tuple[Secret, ...]:
        """The token."""
        return (self._value,)


class OAuth1:
    """One-legged OAuth 1.0a (RFC 5849) with HMAC-SHA256, its parameters in the query.

    `include[]=7&include[]=9` is sent as `include[0]=7&include[1]=9`: a PHP server rebuilds the
    signed text from its parsed arrays, where every element has an index. Parameters are sent in the
    order in which they are signed, because there an array keeps the order of arrival. `now` gives
    seconds since 1970; servers refuse a clock more than about fifteen minutes off.
    """

    def __init__(
        self,
        consumer_key: Secret,
        consumer_secret: Secret,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._key, self._secret, self._now = consumer_key, consumer_secret, now

    def sign(self, method: str, url: str, body: bytes) -> tuple[str, Mapping[str, str]]:
        """Give the URL with a fresh nonce, timestamp and signature; JSON bodies are not signed."""
        # Imported here because it takes long and most connections do not need it.
        from oauthlib import oauth1

        signer = oauth1.Client(
            self._key.reveal(),
            client_secret=self._secret.reveal(),
            signature_method=oauth1.SIGNATURE_HMAC_SHA256,
            signature_type=oauth1.SIGNATURE_TYPE_QUERY,
            timestamp=str(int(self._now())),
        )
        signed, _, _ = signer.sign(_with_ordered_query(url), http_method=method)
        return str(signed), {}

    def secrets(self) -> tuple[Secret, ...]:
        """The consumer's key and secret."""
        return self._key, self._secret


def _with_ordered_query(url: str) -> str:
    parts = urlsplit(url)
    pairs = _indexed(parse_qsl(parts.query, keep_blank_values=True))
    encoded = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in pairs)
    return urlunsplit(parts._replace(query="&".join(f"{name}={value}" for name, value in encoded)))


def _indexed(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    seen: Counter[str] = Counter()
    indexed = []
    for name, value in pairs:
        plural = re.fullmatch(r"(.+)\[\]", name)
        if plural:
            name = f"{plural[1]}[{seen[plural[1]]}]"
            seen[plural[1]] += 1
        indexed.append((name, value))
    return indexed
