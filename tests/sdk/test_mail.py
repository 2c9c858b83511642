"""Mail servers on bad days: nobody there, silent, dripping, flooding, forbidden."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hub.sdk import (
    AuthError,
    ConnectorError,
    NotSentError,
    RejectedError,
    Secret,
    TransientError,
    UnknownOutcomeError,
)
from hub.sdk.addresses import AllowedAddresses
from hub.sdk.exchange import Exchange
from hub.sdk.mail import MailLimits, MailRoad, MailServer
from hub.sdk.mail.imap import quoted
from hub.sdk.mail.server import check_server
from hub.sdk.tripwire import CallInsideTransactionError, transaction_open

Script = Callable[[socket.socket], None]
PASSWORD = "canary-pass-4471"
RAW = b"From: a@shop.example\r\n\r\nHello\r\n"


@contextmanager
def serving(script: Script) -> Iterator[int]:
    """Answer one connection by a script; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.settimeout(5)
                try:
                    script(line)
                except OSError:
                    return  # the other side hung up, which is what some scripts wait for

        thread = threading.Thread(target=answer, name="twin mail script")
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join()


def server(at: int, **said: Any) -> MailServer:
    usual = {"host": "127.0.0.1", "port": at, "security": "none", "user": "ann"}
    return MailServer(**{**usual, **said}, password=Secret(PASSWORD))


def road(port: int, heard: list[Exchange] | None = None, **limits: Any) -> MailRoad:
    observe = None if heard is None else heard.append
    given = MailLimits(**{"connect": 1.0, "total": 0.4, **limits})
    return MailRoad(
        "c", AllowedAddresses.parse([f"127.0.0.1:{port}"]), observe=observe, limits=given
    )


def send(port: int, heard: list[Exchange] | None = None, **limits: Any) -> None:
    client = road(port, heard, **limits).smtp(server(port, user=""))
    client.send("a@shop.example", ("ann@x.example",), RAW)


UP_TO_DATA = (b"220 hi\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")


@pytest.mark.parametrize(
    ("turns", "error"),
    [
        ((b"554 go away\r\n",), RejectedError),
        ((b"421 busy\r\n",), NotSentError),
        ((b"",), NotSentError),
        ((*UP_TO_DATA[:3], b"550 5.1.1 <ann@x.example> who?\r\n"), RejectedError),
        ((*UP_TO_DATA[:3], b"450 greylisted\r\n"), NotSentError),
        ((*UP_TO_DATA[:4], b"451 no disk\r\n"), NotSentError),
        ((*UP_TO_DATA, b""), UnknownOutcomeError),
        ((*UP_TO_DATA, b"what?\r\n"), UnknownOutcomeError),
    ],
)
def test_every_answer_of_an_smtp_server_says_whether_it_was_sent(
    turns: tuple[bytes, ...], error: type[ConnectorError]
) -> None:
    def script(line: socket.socket) -> None:
        for turn in turns:
            line.sendall(turn)
            if not turn:
                return  # it hangs up
            heard = line.recv(65_536)
            if turn.startswith(b"354"):
                while not heard.endswith(b"\r\n.\r\n"):
                    heard += line.recv(65_536)

    with serving(script) as port, pytest.raises(error) as caught:
        send(port, total=2.0)
    assert type(caught.value) is error and "ann@x.example" not in str(caught.value)


def drip(line: socket.socket) -> None:
    for _ in range(40):
        line.sendall(b"2")
        time.sleep(0.05)


def test_a_server_that_drips_does_not_keep_us_longer_than_the_deadline() -> None:
    heard: list[Exchange] = []
    with serving(drip) as port:
        begun = time.monotonic()
        with pytest.raises(NotSentError):
            send(port, heard)
        assert time.monotonic() - begun < 1.5
        assert [one.outcome for one in heard] == ["not_sent"]


def test_a_silent_mailbox_is_tried_later() -> None:
    with (
        serving(lambda line: line.recv(10) and None) as port,
        pytest.raises(TransientError),
        road(port).imap(server(port)).session(),
    ):
        raise AssertionError("nobody greeted")


def test_a_mailbox_that_floods_is_hung_up_on() -> None:
    def flood(line: socket.socket) -> None:
        line.sendall(b"* OK hi\r\n")
        while True:
            line.sendall(b"* 1 EXISTS\r\n" * 1000)

    with (
        serving(flood) as port,
        pytest.raises(TransientError, match="more than a session may bring"),
        road(port, received=50_000, total=5.0).imap(server(port)).session(),
    ):
        raise AssertionError("it was believed")


def imap_says(*answers: bytes) -> Script:
    """Answer IMAP commands in order; TAG stands for the tag that was given."""

    def script(line: socket.socket) -> None:
        line.sendall(b"* OK hi\r\n")
        for answer in answers:
            tag = line.recv(65_536).split(b" ")[0]
            line.sendall(answer.replace(b"TAG", tag))
        line.recv(65_536)

    return script


CAPABLE = b"* CAPABILITY IMAP4REV1\r\nTAG OK done\r\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] bad password canary-pass-4471\r\n", AuthError),
        (b"TAG NO [UNAVAILABLE] the user store is away\r\n", TransientError),
        (b"* BYE shutting down\r\n", TransientError),
    ],
)
def test_a_log_in_that_fails_says_why_and_shows_no_password(
    answer: bytes, error: type[ConnectorError]
) -> None:
    with (
        serving(imap_says(CAPABLE, answer)) as port,
        pytest.raises(error) as caught,
        road(port, total=2.0).imap(server(port)).session(),
    ):
        raise AssertionError("it was let in")
    assert type(caught.value) is error and PASSWORD not in str(caught.value)


def test_a_server_that_does_not_encrypt_is_told_nothing() -> None:
    said: list[bytes] = []

    def script(line: socket.socket) -> None:
        line.sendall(b"* OK hi\r\n")
        for answer in (CAPABLE, b"TAG NO not here\r\n", b""):
            heard = line.recv(65_536)
            said.append(heard)
            line.sendall(answer.replace(b"TAG", heard.split(b" ")[0]))

    with (
        serving(script) as port,
        pytest.raises(RejectedError, match="does not encrypt"),
        road(port, total=2.0).imap(server(port, security="starttls")).session(),
    ):
        raise AssertionError("it went on in clear")
    assert not any(PASSWORD.encode() in one for one in said)


def test_nobody_at_home_is_provably_unsent() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(NotSentError, match="no connection"):
            send(port)


def test_a_message_too_large_is_not_begun() -> None:
    with pytest.raises(RejectedError, match="too large"):
        road(1, sent=10).smtp(server(1)).send("a@x", ("b@x",), RAW)


def test_mail_inside_a_transaction_is_refused() -> None:
    with transaction_open(), pytest.raises(CallInsideTransactionError):
        send(1)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"security": "none", "port": 587}, "without encryption"),
        ({"port": 25}, "port 25"),
        ({"port": 2525}, "port 2525"),
        ({"host": "127.0.0.1"}, "not a public address"),
        ({"host": "10.1.2.3"}, "not a public address"),
        ({"host": "not a host"}, "not a domain name"),
    ],
)
def test_only_public_servers_are_called_encrypted_and_by_the_ports_of_mail(
    said: dict[str, Any], why: str
) -> None:
    usual = {"host": "mail.shop.example", "port": 993, "security": "tls"}
    assert check_server(server(0, **usual), AllowedAddresses()) == "mail.shop.example"
    with pytest.raises(RejectedError, match=why):
        check_server(server(0, **{**usual, **said}), AllowedAddresses())


def test_a_name_that_leads_inside_is_not_called() -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["192.168.1.7"]

    way = MailRoad("c", resolve=inside)
    with pytest.raises(RejectedError, match=r"192\.168\.1\.7, which is not public"):
        way.smtp(server(465, host="mail.shop.example", security="tls")).check()


def test_texts_for_a_search_cannot_leave_their_quotes() -> None:
    assert quoted('<a"b\\c@x>') == '"<a\\"b\\\\c@x>"'
    with pytest.raises(RejectedError):
        quoted("x\r\nA1 DELETE INBOX")
