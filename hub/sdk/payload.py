"""JSON from strangers, decoded exactly and within bounds."""

import json
import re
from decimal import Decimal
from typing import Any

import msgspec

MAX_DEPTH = 64
MAX_DIGITS = 40
MAX_FLOAT_CHARACTERS = 128
MAX_EXPONENT = 400

_LARGEST = 10**MAX_DIGITS
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_TOO_MANY_DIGITS = b"0" * (MAX_DIGITS + 1)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_REPLACEMENT = rb"\ufffd"

# Every escape is consumed, so that an escaped backslash before a 'u' is not mistaken for one.
_ESCAPE = re.compile(
    rb"\\(?:(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<bad>u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class UnreadableJsonError(ValueError):
    """The text is not JSON, or is JSON that nobody sends in good faith; says what is wrong."""


def clean_json(body: bytes) -> Any:
    """Decode JSON into plain data; raises `UnreadableJsonError`.

    Fractions become `Decimal`, digit for digit. NUL and lone surrogates inside text, which no
    database stores, become U+FFFD: one odd character in a name must not stop an order. Refused:
    NaN and infinity, nesting deeper than 64, integers over 40 digits, exponents over 400.
    """
    document = _decoded(clean_text(body))
    _check_depth(document)
    if _TOO_MANY_DIGITS in body.translate(_DIGITS_TO_ZERO):
        _check_integers(document)
    return document


def clean_text(body: bytes) -> bytes:
    """Drop a byte order mark and replace escapes that stand for no storable character."""
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body:
        return _ESCAPE.sub(lambda found: _REPLACEMENT if found["bad"] else found[0], body)
    return body


def repeated_key(body: bytes) -> str | None:
    """Find a key that stands twice in one object: its path; None where every key stands once.

    Readers disagree which of the two counts, so of money it says nothing. Decoding drops one of
    them, and its colon with it: only where colons are missing afterwards is each object looked at.
    """
    if b"\\u003" in body:  # an escaped colon is one afterwards, and would hide a missing one
        return _first_repeated(body)
    try:
        kept = msgspec.json.encode(msgspec.json.decode(body))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return _first_repeated(body)
    return None if body.count(b":") == kept.count(b":") else _first_repeated(body)


class _Repeated(list[str]):
    """The path below a key that stands twice, innermost first."""


def _first_repeated(body: bytes) -> str | None:
    try:
        text = body.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace")
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None  # whoever decodes it says why it cannot be
    path = _below(found)
    return ".".join(reversed(path)) if path else None


def _once(pairs: list[tuple[str, Any]]) -> Any:
    known = set()
    for key, value in pairs:
        if key in known:
            return _Repeated([key])
        known.add(key)
        if path := _below(value):
            return _Repeated([*path, key])
    return None


def _below(value: Any) -> _Repeated | None:
    if isinstance(value, _Repeated):
        return value
    return next(filter(None, map(_below, value)), None) if type(value) is list else None


def _exact(text: str) -> Decimal:
    if len(text) > MAX_FLOAT_CHARACTERS:
        raise UnreadableJsonError(f"a number has more than {MAX_FLOAT_CHARACTERS} characters")
    number = Decimal(text)
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise UnreadableJsonError(f"a number has an exponent over {MAX_EXPONENT}")
    return number


_decoder = msgspec.json.Decoder(float_hook=_exact)


def _decoded(body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except UnreadableJsonError:
        raise
    except RecursionError:
        raise UnreadableJsonError(f"nested deeper than {MAX_DEPTH}") from None
    except (msgspec.DecodeError, ValueError, ArithmeticError) as error:
        raise UnreadableJsonError(str(error)) from None


def _check_depth(document: Any) -> None:
    level = [document] if type(document) in (dict, list) else []
    for _ in range(MAX_DEPTH):
        # One comprehension a level: a loop an element would cost more than the decoding did.
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return
    raise UnreadableJsonError(f"nested deeper than {MAX_DEPTH}")


def _check_integers(document: Any) -> None:
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if type(node) is dict:
            waiting.extend(node.values())
        elif type(node) is list:
            waiting.extend(node)
        elif type(node) is int and abs(node) >= _LARGEST:
            raise UnreadableJsonError(f"an integer has more than {MAX_DIGITS} digits")
