"""What a slow, endless, broken or hostile vendor can do to a worker thread: very little."""

import asyncio
import gzip
import itertools
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.sdk.errors import (
    NotSentError,
    RejectedError,
    TransientError,
    UnknownOutcomeError,
)
from hub.sdk.http import HttpLimits
from hub.sdk.unpack import TooLargeError, unpacker

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def drip(connection, pieces, pause=0.03):
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(pause)


def cut_off(connection, _):
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


def endless_body(connection, _):
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")


def endless_headers(connection, _):
    connection.sendall(HEAD)
    for number in itertools.count():
        connection.sendall(b"x-%d: " % number + b"y" * 1000 + b"\r\n")


def slow_body(connection, _):
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    drip(connection, itertools.repeat(b" ", 1000))


def slow_headers(connection, _):
    drip(connection, (HEAD[at : at + 1] for at in itertools.cycle(range(40, 60))))


def early_hints(connection, _):
    drip(connection, itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n"))


def silence(connection, _):
    time.sleep(0.3)


def cut_short(connection, _):
    connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"id":')
    connection.close()


def nonsense(connection, _):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    connection.close()


def corrupt_gzip(connection, _):
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")


def half_gzip(connection, _):
    packed = gzip.compress(b'{"id": 1}' * 50)[:-12]
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    connection.sendall(HEAD + head + packed)


def brotli(connection, _):
    connection.sendall(HEAD + b"Content-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd")


def gzip_bomb(connection, _):
    packed = gzip.compress(b"[" * 30_000_000)
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    connection.sendall(HEAD + head + packed)


def announced_too_large(connection, _):
    connection.sendall(HEAD + b"Content-Length: 99999999999\r\n\r\n")
    time.sleep(0.3)


SLOW = [slow_body, slow_headers, early_hints, silence]
BROKEN = [cut_off, cut_short, nonsense, corrupt_gzip, half_gzip, brotli, endless_headers]
LARGE = [gzip_bomb, endless_body, announced_too_large]


@pytest.mark.parametrize("speak", SLOW)
def test_a_slow_answer_is_cut_at_the_total_deadline(vendor, client, speak):
    shop = client(vendor(speak).url, limits={"total": 0.15})
    started = time.perf_counter()
    with pytest.raises(TransientError, match=r"no complete answer within 0.15 s") as caught:
        shop.get("orders")
    assert not isinstance(caught.value, (NotSentError, UnknownOutcomeError))
    assert time.perf_counter() - started < 0.3


def test_silence_is_cut_at_the_read_timeout(vendor, client):
    shop = client(vendor(silence).url, limits={"read": 0.05})
    with pytest.raises(TransientError, match=r"silent for 0.05 s"):
        shop.get("orders")


@pytest.mark.parametrize("speak", BROKEN)
def test_a_broken_answer_is_tried_again_later(vendor, client, speak):
    with pytest.raises(TransientError) as caught:
        client(vendor(speak).url).get("orders")
    assert not isinstance(caught.value, (NotSentError, UnknownOutcomeError))


@pytest.mark.parametrize("speak", LARGE)
def test_an_answer_too_large_is_cut_off_and_tried_again_later(vendor, client, speak):
    shop = client(vendor(speak).url, limits={"body": 100_000})
    with pytest.raises(TransientError, match=r"larger than 100,000 bytes.*smaller pages") as caught:
        shop.get("orders")
    assert caught.value.code == "answer_too_large"


@pytest.mark.parametrize("speak", SLOW + BROKEN + LARGE)
def test_for_an_effect_each_of_these_is_unknown(vendor, client, speak):
    shop = client(vendor(speak).url, limits={"total": 0.15, "body": 100_000})
    with pytest.raises(UnknownOutcomeError, match="whether it was done is not known"):
        shop.post("labels", json={"to": "me"}, effect=True)


def test_a_gzip_bomb_is_never_unpacked_into_memory():
    bomb = gzip.compress(b"[" * 30_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            unpacker("gzip", 100_000).feed(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_body_of_exactly_the_limit_passes(vendor, client, whole_answer):
    body = b'"' + b"a" * 98 + b'"'
    shop = client(vendor(whole_answer(body)).url, limits={"body": 100})
    assert shop.get("orders").json() == "a" * 98


def test_gzip_in_several_members_is_read_whole(vendor, client, whole_answer):
    body = gzip.compress(b'{"a":') + gzip.compress(b"1}") + b"\0" * 8
    shop = client(vendor(whole_answer(body, Content_Encoding="gzip")).url)
    assert shop.get("orders").json() == {"a": 1}


def test_deflate_was_not_asked_for_and_is_not_guessed(vendor, client, whole_answer):
    shop = client(vendor(whole_answer(zlib.compress(b"{}"), Content_Encoding="deflate")).url)
    with pytest.raises(TransientError, match="'deflate', which was not asked for"):
        shop.get("orders")


def test_nobody_listening_proves_that_nothing_was_sent(vendor, client):
    closed = vendor(silence)
    closed.close()
    for effect in (False, True):
        with pytest.raises(NotSentError, match="no connection"):
            client(closed.url).post("labels", effect=effect)


def test_a_name_nobody_knows_proves_that_nothing_was_sent(client):
    async def nowhere(host, port):
        raise OSError(-2, "Name or service not known")

    shop = client("https://shop.example", resolve=nowhere)
    with pytest.raises(NotSentError, match=r"shop\.example was not found: Name or service"):
        shop.post("labels", effect=True)


def test_a_name_server_that_hangs_is_cut_at_the_connect_timeout(client):
    async def hangs(host, port):
        await asyncio.sleep(60)
        return []

    shop = client("https://shop.example", resolve=hangs, limits={"connect": 0.05})
    with pytest.raises(NotSentError, match=r"no connection within 0.05 s"):
        shop.post("labels", effect=True)


def test_waiting_for_a_free_connection_is_not_having_sent(vendor, client, whole_answer):
    heard, may_answer = threading.Event(), threading.Event()

    def busy(connection, _):
        heard.set()
        may_answer.wait(5)
        connection.sendall(whole_answer())

    server = vendor(busy)
    shop = client(server.url, limits={"connections": 1, "queue": 0.05, "total": 5.0, "read": 5.0})
    with ThreadPoolExecutor(1) as other:
        first = other.submit(shop.post, "labels", effect=True)
        assert heard.wait(5)
        with pytest.raises(NotSentError, match=r"no free connection within 0.05 s"):
            shop.post("labels", effect=True)
        may_answer.set()
        assert first.result().status == 200
    assert len(server.requests) == 1


def test_a_refusal_with_a_broken_body_still_is_a_refusal(vendor, client):
    said = b"HTTP/1.1 422 No\r\nContent-Length: 900\r\n\r\n{"

    def speak(connection, _):
        connection.sendall(said)
        connection.close()

    with pytest.raises(RejectedError, match="answered 422"):
        client(vendor(speak).url).post("labels", effect=True)


def test_a_working_call_after_a_broken_one_uses_a_fresh_connection(vendor, client, whole_answer):
    speeches = iter([cut_short, lambda connection, _: connection.sendall(whole_answer())])
    turns = vendor(lambda connection, request: next(speeches)(connection, request))
    shop = client(turns.url)
    with pytest.raises(TransientError):
        shop.get("orders")
    assert shop.get("orders").json() == {}


def test_one_connection_is_kept_alive(vendor, client, whole_answer):
    keeps = vendor(whole_answer())
    shop = client(keeps.url)
    for _ in range(5):
        shop.get("orders")
    assert keeps.connections == 1


def test_many_threads_share_one_client(vendor, client, whole_answer):
    def echo(connection, request):
        path = request.split(b" ")[1]
        connection.sendall(whole_answer(b'"' + path + b'"'))

    shop = client(vendor(echo).url, limits={"total": 20.0, "read": 20.0, "connections": 4})
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda n: shop.get(f"orders/{n}").json(), range(200)))
    assert answers == [f"/orders/{n}" for n in range(200)]


def test_the_limits_in_force_are_the_ones_decided():
    limits = HttpLimits()
    assert (limits.connect, limits.read, limits.total) == (5.0, 20.0, 30.0)
    assert limits.body == 10 * 1024 * 1024
