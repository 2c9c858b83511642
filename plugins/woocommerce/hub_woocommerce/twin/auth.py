"""Who is asking: Basic or query keys over https, OAuth 1.0a anywhere, as the shop judges them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from hub.testing.twins import TwinState
from hub_woocommerce.twin.wire import Call, Refusal

WINDOW_SECONDS = 15 * 60
OAUTH = ("consumer_key", "timestamp", "nonce", "signature", "signature_method")
DIGESTS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
WRITING = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Key:
    """An API key of the shop."""

    key: str
    secret: str
    writes: bool


def authenticate(state: TwinState, call: Call) -> Key | None:
    """Return the key used, or None for a stranger; raises Refusal where the shop says why."""
    keys = {} if call.revoked or state.setting("keys_revoked", False) else _keys(state.options)
    key = _by_secret(keys, call) if call.scheme == "https" else None
    key = key or _by_signature(state, keys, call)
    if key and call.method in WRITING and not key.writes:
        raise _error("The API key provided does not have write permissions.", known=True)
    return key


def _keys(options: Mapping[str, str]) -> dict[str, Key]:
    full = Key(options.get("key", "ck_twin"), options.get("secret", "cs_twin"), True)
    reading = Key(
        options.get("read_key", "ck_twin_read"), options.get("read_secret", "cs_twin_read"), False
    )
    return {key.key: key for key in (full, reading)}


def _by_secret(keys: dict[str, Key], call: Call) -> Key | None:
    name, secret = call.one("consumer_key"), call.one("consumer_secret")
    if not (name and secret):
        name, secret = _basic(call.headers.get("authorization", ""))
    key = keys.get(name or "")
    if key and not hmac.compare_digest(key.secret.encode(), (secret or "").encode()):
        raise _error("Consumer secret is invalid.")
    return key


def _basic(header: str) -> tuple[str, str]:
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(coded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def _by_signature(state: TwinState, keys: dict[str, Key], call: Call) -> Key | None:
    given = dict(call.pairs) | _oauth_header(call.headers.get("authorization", ""))
    oauth = {name: given[f"oauth_{name}"] for name in OAUTH if f"oauth_{name}" in given}
    if not oauth:
        return None
    if missing := [f"oauth_{name}" for name in OAUTH if name not in oauth]:
        raise Refusal(
            "woocommerce_rest_authentication_missing_parameter",
            f"Missing OAuth parameter{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
            401,
        )
    key = keys.get(oauth["consumer_key"])
    if key is None:
        raise _error("Consumer key is invalid.")
    _check_signature(key, oauth, given, call)
    _check_time_and_nonce(state, oauth)
    return key


def _oauth_header(header: str) -> dict[str, str]:
    if not header.lower().startswith("oauth "):
        return {}
    found = re.findall(r'(oauth_\w+)="([^"]*)"', header)
    return {name: unquote(value) for name, value in found}


def _check_signature(key: Key, oauth: dict[str, str], given: dict[str, str], call: Call) -> None:
    digest = DIGESTS.get(oauth["signature_method"])
    if digest is None:
        raise _error("Invalid signature - signature method is invalid.")
    parameters = "&".join(
        sorted(f"{_coded(k)}={_coded(v)}" for k, v in given.items() if k != "oauth_signature")
    )
    text = "&".join([call.method, _coded(call.base + call.path), _coded(parameters)])
    # One-legged: there is no token secret, but the ampersand before it stays.
    made = hmac.new(f"{key.secret}&".encode(), text.encode(), digest).digest()
    if not hmac.compare_digest(base64.b64encode(made), oauth["signature"].encode()):
        raise _error("Invalid signature - provided signature does not match.")


def _check_time_and_nonce(state: TwinState, oauth: dict[str, str]) -> None:
    now = state.clock.now().timestamp()
    stamp = oauth["timestamp"]
    if not stamp.isdigit() or abs(now - int(stamp)) > WINDOW_SECONDS:
        raise _error("Invalid timestamp.")
    used = state.setting("nonces", [])
    if any(nonce == oauth["nonce"] for nonce, _ in used):
        raise _error("Invalid nonce - nonce has already been used.")
    recent = [entry for entry in used if now - entry[1] <= WINDOW_SECONDS]
    state.keep("nonces", [*recent, [oauth["nonce"], int(stamp)]])


def _coded(text: str) -> str:
    return quote(text, safe="~")


def _error(message: str, *, known: bool = False) -> Refusal:
    code = "woocommerce_rest_authentication_error"
    return Refusal(code, message, 401, bare=True, known=known)
