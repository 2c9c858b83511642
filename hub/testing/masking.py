"""Makes what a vendor said fit to be committed: nobody can be told from it, its shape stays."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from hub.sdk.payload import UnreadableJsonError, clean_json
from hub.sdk.redaction import Redactor

PERSONAL = re.compile(
    r"(?i)_?(billing_|shipping_|customer_)?"
    r"(first_?name|last_?name|full_?name|display_?name|user_?name|nick_?name|company|recipient"
    r"|e?_?mail|email_address|phone|phone_number|telephone|tel|mobile|fax"
    r"|address|address_?\d|address_line_?\d|address_?lines|lines?_?\d|street|street_?\d|house_?number|city|town"
    r"|postcode|postal_?code|zip|zip_?code|lat|latitude|lon|lng|longitude"
    r"|ip|ip_address|user_agent|note|comment|vat|vat_?id|tax_?id|iban|birth_?da(y|te)|avatar_?\w*)"
)
"""Fields that name a person or say where one lives."""

PLACE = re.compile(r"(?i)address|street|city|post|zip|country|phone|mail")
"""Where one of these stands beside it, `name` is a person's and not a product's."""

_encoder = msgspec.json.Encoder(decimal_format="number")


def masked_bytes(body: bytes, redactor: Redactor) -> bytes:
    """Mask a JSON body; what is no JSON is redacted as text."""
    try:
        document = clean_json(body)
    except UnreadableJsonError:
        return redactor(body.decode("utf-8", "replace")).encode()
    return msgspec.json.format(_encoder.encode(masked(document, redactor)), indent=2) + b"\n"


def masked(document: Any, redactor: Redactor) -> Any:
    """Mask decoded JSON: numbers and structure stay, digit for digit."""
    if isinstance(document, Mapping):
        named = any(PLACE.search(str(name)) for name in document)
        return {
            name: _all_blurred(value)
            if PERSONAL.fullmatch(name) or (named and _tells(name, value))
            else masked(value, redactor)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [masked(one, redactor) for one in document]
    return redactor(document) if isinstance(document, str) else document


def _tells(name: str, value: Any) -> bool:
    """Whether this tells of the person it stands beside: a name, or an address line by line."""
    in_lines = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return name == "name" or (name == "lines" and in_lines)


def _all_blurred(value: Any) -> Any:
    """Blur every text of what stands under a personal name, but codes such as a country's."""
    if isinstance(value, Mapping):
        return {
            name: inside if _is_code(inside) else _all_blurred(inside)
            for name, inside in value.items()
        }
    if isinstance(value, list):
        return [_all_blurred(one) for one in value]
    return _blurred(value) if isinstance(value, str) else value


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Z]{2,3}", value) is not None


def _blurred(text: str) -> str:
    """Keep length and kind of characters: a mapping that looks at them still works."""
    if "@" in text:
        return "person@example.test"
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", text))
