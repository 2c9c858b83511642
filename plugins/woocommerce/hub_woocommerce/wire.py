"""WooCommerce's JSON as typed structures: only what the hub reads, what may be absent optional."""

import re
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from hub.sdk import MappingError
from hub.sdk.payload import clean_text

T = TypeVar("T")

_REPLACEMENT = rb"\ufffd"
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F]|fffd)")
"""NUL, half of a pair, or what took their place: rare, so one search spares all others."""


class Address(msgspec.Struct, gc=False):
    """A billing or shipping address; the shop leaves unused fields empty."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None


class Meta(msgspec.Struct):
    """One entry of a `meta_data` list; plugins store values of any shape."""

    key: str | None = None
    value: msgspec.Raw = msgspec.Raw(b"null")


class Line(msgspec.Struct):
    """An ordered product; `price` is a JSON number with more digits than a currency has."""

    id: int
    quantity: int
    total: str
    name: str | None = None
    product_id: int | None = None
    variation_id: int | None = None
    subtotal: str | None = None
    total_tax: str | None = None
    sku: str | None = None
    price: Decimal | None = None
    meta_data: list[Meta] = []


class Charge(msgspec.Struct, gc=False):
    """A shipping line, a fee, or a refund of the order; refunds have a negative total."""

    total: str
    id: int | None = None
    method_title: str | None = None


class Order(msgspec.Struct):
    """An order as `GET /orders` gives it."""

    id: int
    status: str
    currency: str
    total: str
    line_items: list[Line]
    date_modified_gmt: datetime | None
    date_created_gmt: datetime | None = None
    date_paid_gmt: datetime | None = None
    date_completed_gmt: datetime | None = None
    number: str | int | None = None
    prices_include_tax: bool = False
    shipping_total: str | None = None
    discount_total: str | None = None
    total_tax: str | None = None
    billing: Address | None = None
    shipping: Address | None = None
    payment_method: str | None = None
    transaction_id: str | None = None
    customer_note: str | None = None
    shipping_lines: list[Charge] = []
    fee_lines: list[Charge] = []
    refunds: list[Charge] = []
    links: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="_links")


class Parent(msgspec.Struct):
    """What a variation needs to know of its product, because its own body does not say it."""

    id: int
    name: str = ""
    status: str = "publish"
    catalog_visibility: str = "visible"


class Context(msgspec.Struct, omit_defaults=True):
    """What the connector adds to each product it pulled: facts that lie elsewhere in the shop."""

    currency: str | None = None
    parent: Parent | None = None


class Product(msgspec.Struct):
    """A product or a variation."""

    id: int
    name: str | None = None
    type: str | None = None
    status: str | None = None
    catalog_visibility: str | None = None
    sku: str | None = None
    global_unique_id: str | None = None
    price: str | None = None
    manage_stock: bool | str | None = None
    stock_quantity: int | None = None
    weight: str | None = None
    parent_id: int | None = None
    date_modified_gmt: datetime | None = None
    date_created_gmt: datetime | None = None
    links: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="_links")
    hub: Context | None = msgspec.field(default=None, name="_hub")


def with_context(raw: bytes, added: msgspec.Struct) -> bytes:
    """Put what the connector knows in front of a record's own JSON text, which stays as it was."""
    context = msgspec.json.encode(added)
    if context == b"{}":
        return raw
    rest = raw.lstrip()[1:]
    comma = b"" if rest.lstrip().startswith(b"}") else b","
    return b'{"_hub":' + context + comma + rest


def decoder(shape: type[T]) -> msgspec.json.Decoder[T]:
    """Make a decoder; numbers may come as text, as some PHP plugins send them."""
    return msgspec.json.Decoder(shape, strict=False)


def decode(decoder: msgspec.json.Decoder[T], raw: bytes) -> tuple[T, bool]:
    """Decode one record, and say whether characters that cannot be stored were replaced in it.

    Raises `MappingError` naming the field that is not as it should be; never its value, which may
    name a person.
    """
    suspect = _SUSPECT.search(raw) is not None
    text = clean_text(raw) if suspect else raw
    try:
        found = decoder.decode(text)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        raise MappingError(path.rstrip("`").lstrip(".") or "$", "", reason) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_broken_text(decoder, text)
    return found, suspect and _REPLACEMENT in text


def _decode_broken_text(decoder: msgspec.json.Decoder[T], text: bytes) -> tuple[T, bool]:
    repaired = text.decode("utf-8", "replace").encode()
    try:
        return decoder.decode(repaired), True
    except (msgspec.MsgspecError, RecursionError) as error:
        raise MappingError("$", "", f"not a readable record: {error}") from None
