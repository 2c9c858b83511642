"""Sixty and more ways to forge a webhook; each is refused, and none leaves a trace."""

import base64
import hashlib
import hmac
import json
import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import pytest
from fastapi import FastAPI

from hub.sdk.errors import SignatureError
from hub.sdk.webhooks import WebhookRequest
from hub.services.intake.receive import UnknownHookError, open_letter
from hub.services.vendors.connect import rotate
from hub.store import tables
from hub.testing.world import World
from hub.web.app import create_app
from tests.web.ringing import (
    OTHER_SECRET,
    SECRET,
    Ring,
    ask,
    hub_with_shops,
    kept,
    order_changed,
    path,
    signature,
)

SIGN = "x-wc-webhook-signature"
SOURCE = "x-wc-webhook-source"
TOPIC = "x-wc-webhook-topic"
SHOP = "http://127.0.0.1/"
FORM = "application/x-www-form-urlencoded"

Trick = Callable[[Ring], Ring]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("forged")
    with hub_with_shops(folder, module_database_url, "NYC", "LON") as world:
        yield world


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(world.hub)


def signed(value: Callable[[Ring], str | bytes]) -> Trick:
    """Another value where the signature stands."""
    return lambda ring: ring.with_header(SIGN, value(ring))


def body(change: Callable[[bytes], bytes]) -> Trick:
    """Another body under the same signature."""
    return lambda ring: ring.but(body=change(ring.body))


def mac(ring: Ring, algorithm: str, key: bytes = SECRET.encode()) -> bytes:
    return hmac.new(key, ring.body, algorithm).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def reserialised(**how: object) -> Trick:
    return body(lambda raw: json.dumps(json.loads(raw), **how).encode())  # type: ignore[arg-type]


def good(ring: Ring) -> str:
    return ring.header(SIGN)


TRICKS: Mapping[str, Trick] = {
    # the signature is missing, empty or nonsense
    "no signature": lambda ring: ring.with_header(SIGN),
    "empty": signed(lambda ring: ""),
    "a space": signed(lambda ring: " "),
    "a word": signed(lambda ring: "none"),
    "null": signed(lambda ring: "null"),
    "true": signed(lambda ring: "true"),
    "padding alone": signed(lambda ring: "===="),
    "zeros": signed(lambda ring: b64(b"\0" * 32)),
    "very long": signed(lambda ring: "A" * 20_000),
    "non-ASCII": signed(lambda ring: "Zoë=".encode()),
    "not even UTF-8": signed(lambda ring: b"\xff\xfe\xfd"),
    "full-width": signed(lambda ring: good(ring).replace("A", "Ａ") + "＝"),
    # the right digest in the wrong clothes
    "truncated": signed(lambda ring: good(ring)[:20]),
    "two characters short": signed(lambda ring: good(ring)[:-2]),
    "without padding": signed(lambda ring: good(ring).rstrip("=")),
    "too much padding": signed(lambda ring: good(ring) + "="),
    "other unused bits": signed(lambda ring: _other_last_letter(good(ring))),
    "hex": signed(lambda ring: mac(ring, "sha256").hex()),
    "upper-case hex": signed(lambda ring: mac(ring, "sha256").hex().upper()),
    "base64 of the hex": signed(lambda ring: b64(mac(ring, "sha256").hex().encode())),
    "base64 twice": signed(lambda ring: b64(good(ring).encode())),
    "lower case": signed(lambda ring: good(ring).lower()),
    "swapped case": signed(lambda ring: good(ring).swapcase()),
    "URL alphabet": signed(lambda ring: "-" + good(ring)[1:].replace("+", "-").replace("/", "_")),
    "quoted": signed(lambda ring: f'"{good(ring)}"'),
    "prefixed": signed(lambda ring: f"sha256={good(ring)}"),
    "a list with the good one": signed(lambda ring: f"v1,{good(ring)}"),
    "a space inside": signed(lambda ring: good(ring)[:9] + " " + good(ring)[9:]),
    "a tab inside": signed(lambda ring: good(ring)[:9] + "\t" + good(ring)[9:]),
    "good and more": signed(lambda ring: good(ring) + good(ring)),
    "reversed": signed(lambda ring: good(ring)[::-1]),
    # another algorithm, another key
    "MD5": signed(lambda ring: b64(mac(ring, "md5"))),
    "SHA-1": signed(lambda ring: b64(mac(ring, "sha1"))),
    "SHA-512": signed(lambda ring: b64(mac(ring, "sha512"))),
    "SHA-512 cut to size": signed(lambda ring: b64(mac(ring, "sha512")[:32])),
    "hash without a key": signed(lambda ring: b64(hashlib.sha256(ring.body).digest())),
    "key before the body": signed(
        lambda ring: b64(hashlib.sha256(SECRET.encode() + ring.body).digest())
    ),
    "empty key": signed(lambda ring: b64(mac(ring, "sha256", b""))),
    "guessed key": signed(lambda ring: b64(mac(ring, "sha256", b"secret"))),
    "key in upper case": signed(lambda ring: b64(mac(ring, "sha256", SECRET.upper().encode()))),
    "key with a line end": signed(lambda ring: b64(mac(ring, "sha256", SECRET.encode() + b"\n"))),
    "the masked key": signed(lambda ring: b64(mac(ring, "sha256", b"********"))),
    "another shop's key": signed(lambda ring: signature(ring.body, OTHER_SECRET)),
    "the API's secret": signed(lambda ring: b64(mac(ring, "sha256", b"cs_twin"))),
    "the API's key": signed(lambda ring: b64(mac(ring, "sha256", b"ck_twin"))),
    "the address as key": signed(lambda ring: b64(mac(ring, "sha256", ring.path[7:].encode()))),
    # of something else
    "of an empty body": signed(lambda ring: signature(b"")),
    "of the topic": signed(lambda ring: signature(b"order.updated")),
    "of half the body": signed(lambda ring: signature(ring.body[:10])),
    "of an older body": signed(lambda ring: signature(b'{"id": 122}')),
    # the header twice, or beside
    "bad before good": lambda ring: ring.with_header(SIGN, "bm9wZQ==", good(ring)),
    "good before bad": lambda ring: ring.with_header(SIGN, good(ring), "bm9wZQ=="),
    "good before empty": lambda ring: ring.with_header(SIGN, good(ring), ""),
    "twice the good one": lambda ring: ring.with_header(SIGN, good(ring), good(ring)),
    "under an underscore": lambda ring: ring.with_header(SIGN).with_header(
        "x_wc_webhook_signature", good(ring)
    ),
    "under another vendor's name": lambda ring: ring.with_header(SIGN).with_header(
        "x-shopify-hmac-sha256", good(ring)
    ),
    "in the query": lambda ring: ring.with_header(SIGN).but(
        path=f"{ring.path}?signature=x&x-wc-webhook-signature=y"
    ),
    # the body was touched
    "a byte more": body(lambda raw: raw + b" "),
    "a line end more": body(lambda raw: raw + b"\n"),
    "NUL at the end": body(lambda raw: raw + b"\0"),
    "a byte less": body(lambda raw: raw[:-1]),
    "empty body": body(lambda raw: b""),
    "a byte order mark": body(lambda raw: b"\xef\xbb\xbf" + raw),
    "doubled": body(lambda raw: raw + raw),
    "another order": body(lambda raw: raw.replace(b"123", b"124")),
    "a key more": body(lambda raw: raw[:-1] + b', "id": 124}'),
    "serialised again": reserialised(ensure_ascii=True),
    "keys sorted": reserialised(sort_keys=True, ensure_ascii=False, indent=0),
    "without spaces": reserialised(separators=(",", ":"), ensure_ascii=False),
    "unicode taken apart": body(
        lambda raw: unicodedata.normalize("NFD", raw.decode()).encode()
    ),
    "in Latin-1": body(lambda raw: raw.decode().encode("latin-1")),
    "in UTF-16": body(lambda raw: raw.decode().encode("utf-16")),
    "as a form": lambda ring: ring.but(body=b"payload=" + ring.body).with_header(
        "content-type", FORM
    ),
    # another shop
    "another source": lambda ring: ring.with_header(SOURCE, "https://evil.example/"),
    "no source": lambda ring: ring.with_header(SOURCE),
    "empty source": lambda ring: ring.with_header(SOURCE, ""),
    "a source that is no address": lambda ring: ring.with_header(SOURCE, "http://[::1"),
    "the shop as a part of the name": lambda ring: ring.with_header(
        SOURCE, "https://127.0.0.1.evil.example/"
    ),
    "the shop as a user name": lambda ring: ring.with_header(SOURCE, "https://127.0.0.1@evil/"),
    "two sources": lambda ring: ring.with_header(SOURCE, "https://evil.example/", SHOP),
    # the ping is the one request nobody signs
    "a ping with a topic": lambda ring: Ring(
        ring.path, b"webhook_id=7", [("content-type", FORM), (TOPIC, "order.updated")]
    ),
    "a ping that says more": lambda ring: Ring(
        ring.path, b"webhook_id=7&id=123", [("content-type", FORM)]
    ),
    "a ping that is JSON": lambda ring: Ring(
        ring.path, b"webhook_id=7", [("content-type", "application/json")]
    ),
}  # fmt: skip


def _other_last_letter(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet[alphabet.index(text[-2]) ^ 1]
    other = text[:-2] + last + "="
    assert base64.b64decode(other) == base64.b64decode(text)
    return other


def test_there_are_sixty_tricks_and_every_one_differs_from_the_genuine(world: World) -> None:
    genuine = order_changed(world)
    asked = [trick(genuine) for trick in TRICKS.values()]
    assert len(TRICKS) >= 60
    assert genuine not in asked
    twins = [name for name, one in zip(TRICKS, asked, strict=True) if asked.count(one) > 1]
    assert twins == [], "every trick is another one"


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_a_forged_webhook_is_refused_and_not_kept(world: World, app: FastAPI, trick: Trick) -> None:
    jobs, before = len(world.rows(tables.job)), kept(world)
    answer = ask(app, trick(order_changed(world)).by)
    assert (answer.status_code, answer.content) == (401, b"")
    assert (kept(world), len(world.rows(tables.job))) == (before, jobs)


def test_the_genuine_one_they_were_made_from_is_kept(world: World, app: FastAPI) -> None:
    before = kept(world)
    assert ask(app, order_changed(world, 999).by).status_code == 200
    assert kept(world) == before + 1


def test_a_good_signature_does_not_open_another_shops_door(world: World, app: FastAPI) -> None:
    genuine, before = order_changed(world), kept(world)
    theirs = path(world, "LON")
    assert ask(app, genuine.but(path=theirs).by).status_code == 401
    resigned = genuine.but(path=theirs).with_header(SIGN, signature(genuine.body, OTHER_SECRET))
    moved = resigned.with_header(SOURCE, "https://nyc.example/")
    assert ask(app, moved.by).status_code == 401, "the source must be the connection's own"
    assert kept(world) == before


@pytest.mark.parametrize("address", ["guess", "", "..%2fready", "%00", "x" * 5000, "%ff%fe", "ü"])
def test_an_address_nobody_has_is_not_found(world: World, app: FastAPI, address: str) -> None:
    before = kept(world)
    ring = order_changed(world).but(path=f"/hooks/{address}")
    assert ask(app, ring.by).status_code == 404
    assert kept(world) == before


def test_two_thousand_flipped_bits_are_two_thousand_refusals(world: World) -> None:
    chance = random.Random(1)
    genuine = order_changed(world)
    token = genuine.path.removeprefix("/hooks/")
    for number in range(2000):
        raw, sign = bytearray(genuine.body), bytearray(genuine.header(SIGN).encode())
        flipped = sign if number % 4 == 0 else raw
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        headers = {name: str(value) for name, value in genuine.headers}
        headers[SIGN] = sign.decode("latin-1")
        with pytest.raises(SignatureError):
            open_letter(world.hub, token, WebhookRequest(headers, bytes(raw)))
    headers = {name: str(value) for name, value in genuine.headers}
    assert open_letter(world.hub, token, WebhookRequest(headers, genuine.body)).deliveries
    with pytest.raises(UnknownHookError):
        open_letter(world.hub, token[:-1], WebhookRequest(headers, genuine.body))


def test_the_secret_before_the_last_is_believed_for_two_days(world: World, app: FastAPI) -> None:
    def rung(order_id: int, secret: str) -> int:
        ring = order_changed(world, order_id).but(path=path(world, "LON"))
        here = ring.with_header(SOURCE, f"{world.twins[1].url}/")
        signed = here.with_header(SIGN, signature(ring.body, secret))
        return int(ask(app, signed.by).status_code)

    rotate(world.hub, "LON", {"webhook_secret": "whsec-new-1"})
    assert [rung(1, "whsec-new-1"), rung(2, OTHER_SECRET), rung(3, "guess")] == [200, 200, 401]
    rotate(world.hub, "LON", {"webhook_secret": "whsec-new-2"})
    assert [rung(4, "whsec-new-2"), rung(5, "whsec-new-1")] == [200, 200]
    assert rung(6, OTHER_SECRET) == 401, "only the last one before"
    world.clock.now += timedelta(hours=47)
    assert rung(7, "whsec-new-1") == 200
    world.clock.now += timedelta(hours=1)
    assert [rung(8, "whsec-new-1"), rung(9, "whsec-new-2")] == [401, 200]
