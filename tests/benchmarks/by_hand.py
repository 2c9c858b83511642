"""Contender: the limit — the least code that decodes the same pages and writes the same rows.

No layers, no checks, no errors named: this shop's orders only. What the hub seals is sealed here,
what it hashes is hashed, each page and its cursor are one durable commit. `same_rows` holds both
databases against each other.
"""

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from uuid_utils import uuid7

from tests.benchmarks.figures import Figures, peak_mib
from tests.benchmarks.with_hub import CODE, HUB_KEY, open_hub

_SETTINGS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY",
    "cache_size=-65536",
)  # fmt: skip
_STATES = {
    "processing": "open", "on-hold": "open", "pending": "open", "completed": "finished",
    "refunded": "finished", "cancelled": "cancelled",
}  # fmt: skip
_PHASES = {"open": "mapping_needed", "finished": "closed", "cancelled": "cancelled"}
_TERMS = {"bacs": "bank_transfer", "cod": "cash_on_delivery"}


class _Address(msgspec.Struct, gc=False):
    first_name: str
    last_name: str
    company: str
    address_1: str
    address_2: str
    city: str
    state: str
    postcode: str
    country: str
    phone: str
    email: str = ""


class _Meta(msgspec.Struct, gc=False):
    key: str
    value: str


class _Line(msgspec.Struct):
    id: int
    quantity: int
    total: str
    name: str
    variation_id: int
    subtotal: str
    total_tax: str
    sku: str
    price: msgspec.Raw
    meta_data: list[_Meta]


class _Shipping(msgspec.Struct, gc=False):
    method_title: str


class _Order(msgspec.Struct):
    id: int
    status: str
    currency: str
    total: str
    line_items: list[_Line]
    date_modified_gmt: str
    date_created_gmt: str
    date_paid_gmt: str | None
    number: str
    prices_include_tax: bool
    shipping_total: str
    discount_total: str
    total_tax: str
    billing: _Address
    shipping: _Address
    payment_method: str
    transaction_id: str
    customer_note: str
    shipping_lines: list[_Shipping]


_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode = msgspec.json.Decoder(_Order).decode
_encode = msgspec.json.Encoder().encode


def _insert(table: str, columns: str, more: str = "") -> str:
    marks = ", ".join("?" * len(columns.split()))
    return f"INSERT INTO {table} ({', '.join(columns.split())}) VALUES ({marks}) {more}"


_PERSON = _insert("person", "id wrapped_key mail_hash created_at")
_PARTY = _insert("party", "id person_id sealed country postal_prefix")
_HEAD = _insert(
    "sales_order",
    "id connection_id external_id number bare_number channel_state channel_status currency "
    "total_minor placed_at updated_at payment_terms paid_at verification party_id ship_country "
    "can_ship ship_to_hash history phase document",
)
_ROW = _insert(
    "sales_order_line",
    "id order_id position external_id listing_external_id sku title stock_item_id quantity "
    "cancelled reserved allocated shipped stock_taken",
)
_PAID = _insert(
    "payment_event",
    "id order_id source kind amount_minor currency method reference occurred_at recorded_at",
)
_LINK = _insert("link", "connection_id kind external_id hub_id digest version")
_RAW = _insert("raw_payload", "connection_id kind external_id person_id sealed received_at")
_CURSOR = _insert(
    "cursor", "connection_id stream position complete_at updated_at",
    "ON CONFLICT (connection_id, stream) DO UPDATE SET position = excluded.position, "
    "complete_at = excluded.complete_at, updated_at = excluded.updated_at",
)  # fmt: skip
_LOOK_UP_KEY = b"look-up" + HUB_KEY


def measure(shop: str, orders: int, home: Path) -> Figures:
    """Pull and land every order, then all of them again with nothing changed."""
    open_hub(home, shop).close()  # the tables, the indexes and the connection are the hub's own
    database = sqlite3.connect(home / "hub.db", isolation_level=None)
    for setting in _SETTINGS:
        database.execute(f"PRAGMA {setting}")
    figures = Figures()
    with figures.timing("first"):
        landed = _Loader(database).run(shop)
    figures.peak_mib = peak_mib()
    assert landed == orders
    with figures.timing("second"):
        landed = _Loader(database).run(shop)
    assert landed == 0
    database.close()
    return figures


class _Loader:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        query = "SELECT id FROM connection WHERE code = ?"
        self._shop: str = database.execute(query, (CODE,)).fetchone()[0]
        self._hub_key = AESGCM(HUB_KEY)

    def run(self, shop: str) -> int:
        """Land every page while the next one is on its way; gives how many orders landed."""
        lines = [HTTPConnection(urlsplit(shop).netloc) for _ in range(2)]
        landed, number, last = 0, 1, False
        _ask(lines[1], 1)
        while not last:
            answer = lines[number % 2].getresponse()
            body = answer.read()
            last = number >= int(answer.headers["X-WP-TotalPages"])
            number += 1
            if not last:
                _ask(lines[number % 2], number)
            landed += self._land(body, number, last)
        for line in lines:
            line.close()
        return landed

    def _land(self, body: bytes, number: int, last: bool) -> int:
        hashed = [(hashlib.sha256(raw).digest(), raw) for raw in _split(body)]
        known = self._among(
            "SELECT digest FROM link WHERE connection_id = ? AND kind = 'order' AND digest IN ",
            [digest for digest, _ in hashed], self._shop,
        )  # fmt: skip
        seen = {digest for (digest,) in known}
        fresh = [(digest, bytes(raw), _decode(raw)) for digest, raw in hashed if digest not in seen]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._database.execute("BEGIN IMMEDIATE")
        if fresh:
            self._write(fresh, now)
        done = now if last else None
        self._database.execute(_CURSOR, (self._shop, "orders", str(number), done, now))
        self._database.execute("COMMIT")
        return len(fresh)

    def _write(self, fresh: Sequence[tuple[bytes, bytes, _Order]], now: str) -> None:
        people = self._people([order.billing.email for _, _, order in fresh], now)
        parties, heads, lines, payments, links, raws = [], [], [], [], [], []
        shop = self._shop
        for (digest, raw, order), (person, key) in zip(fresh, people, strict=True):
            order_id, party_id, external_id = str(uuid7()), str(uuid7()), str(order.id)
            state = _STATES[order.status]
            paid = f"{order.date_paid_gmt}.000000Z" if order.date_paid_gmt else None
            updated = f"{order.date_modified_gmt}.000000Z"
            total, shipping = _minor(order.total), order.shipping
            terms = _TERMS.get(order.payment_method, "online")
            if order.status == "pending" and terms == "cash_on_delivery":
                terms = "online"
            who = {"bill_to": _party(order.billing), "ship_to": _party(shipping),
                   "note": order.customer_note}  # fmt: skip
            sealed = _seal(key, _encode(who), f"party:{party_id}")
            parties.append((party_id, person, sealed, shipping.country, shipping.postcode[:3]))
            heads.append(
                (order_id, shop, external_id, f"{CODE}-{order.number}", order.number, state,
                 order.status, order.currency, total, f"{order.date_created_gmt}.000000Z", updated,
                 terms, paid, "", party_id, shipping.country, True, _receiver_hash(who["ship_to"]),
                 state != "open",
                 _PHASES[state], _encode(_document(order, state, terms, total)).decode())
            )  # fmt: skip
            lines += _lines(order, order_id, state)
            if paid:
                payments.append(
                    (f"paid-{order_id}", order_id, shop, "captured", total, order.currency,
                     order.payment_method, order.transaction_id or f"paid:{external_id}", paid, now)
                )  # fmt: skip
            links.append((shop, "order", external_id, order_id, digest, updated))
            sealed = _seal(key, raw, f"raw:{shop}:{external_id}")
            raws.append((shop, "order", external_id, person, sealed, now))
        write = self._database.executemany
        for statement, rows in ((_PARTY, parties), (_HEAD, heads), (_ROW, lines),
                                (_PAID, payments), (_LINK, links), (_RAW, raws)):  # fmt: skip
            write(statement, rows)

    def _people(self, mails: Sequence[str], now: str) -> list[tuple[str, AESGCM]]:
        hashes = [hmac.digest(_LOOK_UP_KEY, mail.encode(), "sha256") for mail in mails]
        rows = self._among(
            "SELECT mail_hash, id, wrapped_key FROM person WHERE mail_hash IN ", hashes
        )
        known = {digest: (person, self._unwrap(person, sealed)) for digest, person, sealed in rows}
        fresh = []
        for digest in hashes:
            if digest not in known:
                person, key = str(uuid7()), os.urandom(32)
                known[digest] = person, AESGCM(key)
                fresh.append((person, b"\x01" + _seal(self._hub_key, key, person), digest, now))
        self._database.executemany(_PERSON, fresh)
        return [known[digest] for digest in hashes]

    def _unwrap(self, person: str, sealed: bytes) -> AESGCM:
        return AESGCM(self._hub_key.decrypt(sealed[1:13], sealed[13:], person.encode()))

    def _among(self, query: str, values: Sequence[bytes], *before: str) -> list[Any]:
        marks = ", ".join("?" * len(values))
        return self._database.execute(f"{query} ({marks})", (*before, *values)).fetchall()


def _ask(line: HTTPConnection, page: int) -> None:
    asked = f"per_page=100&page={page}&status=any&orderby=modified"
    line.request("GET", f"/wp-json/wc/v3/orders?{asked}")


def _seal(key: AESGCM, data: bytes, about: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + key.encrypt(nonce, data, about.encode())


def _minor(text: str) -> int:
    return int(text.replace(".", ""))


def _party(given: _Address) -> dict[str, object]:
    return {
        "name": f"{given.first_name} {given.last_name}", "company": given.company,
        "street": [line for line in (given.address_1, given.address_2) if line],
        "city": given.city, "region": given.state, "postal_code": given.postcode,
        "country": given.country, "email": given.email, "phone": given.phone,
    }  # fmt: skip


def _receiver_hash(party: dict[str, object]) -> bytes:
    return hmac.digest(_LOOK_UP_KEY, _encode(party), "sha256")


def _document(order: _Order, state: str, terms: str, total: int) -> dict[str, object]:
    return {
        "external_id": str(order.id), "number": order.number, "state": state,
        "channel_status": order.status, "currency": order.currency,
        "prices_include_tax": order.prices_include_tax,
        "placed_at": f"{order.date_created_gmt}Z", "updated_at": f"{order.date_modified_gmt}Z",
        "lines": [_line_document(line, order.status) for line in order.line_items],
        "shipping_minor": _minor(order.shipping_total),
        "shipping_method": order.shipping_lines[0].method_title, "fees_minor": 0,
        "discount_minor": _minor(order.discount_total), "tax_minor": _minor(order.total_tax),
        "total_minor": total, "refunded_minor": 0, "refund_ids": (), "presentment": None,
        "payment_terms": terms, "payment_method": order.payment_method,
        "payment_reference": order.transaction_id,
        "paid_at": f"{order.date_paid_gmt}Z" if order.date_paid_gmt else None, "extra": {},
    }  # fmt: skip


def _line_document(line: _Line, status: str) -> dict[str, object]:
    return {
        "external_id": str(line.id), "listing_external_id": str(line.variation_id),
        "sku": line.sku, "title": line.name, "quantity": line.quantity,
        "unit_price": bytes(line.price).decode(), "subtotal_minor": _minor(line.subtotal),
        "total_minor": _minor(line.total), "tax_minor": _minor(line.total_tax),
        "fulfilled": line.quantity if status == "completed" else 0,
        "stock_taken": int(line.meta_data[2].value),
        "refunded": line.quantity if status == "refunded" else 0,
    }  # fmt: skip


def _lines(order: _Order, order_id: str, state: str) -> list[tuple[object, ...]]:
    shipped = order.status == "completed"
    cancelled = state != "open" and not shipped
    rows: list[tuple[object, ...]] = []
    for position, line in enumerate(order.line_items):
        quantity = line.quantity
        rows.append(
            (str(uuid7()), order_id, position, str(line.id), str(line.variation_id), line.sku,
             line.name, None, quantity, quantity * cancelled, 0, 0, quantity * shipped,
             int(line.meta_data[2].value))
        )  # fmt: skip
    return rows
