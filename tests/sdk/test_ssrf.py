"""Every spelling of a place inside, tried against real sockets: the operating system is witness."""

import itertools
import sys
import threading
from collections.abc import Iterator

import pytest

from hub.sdk.addresses import AllowedAddresses
from hub.sdk.errors import ConnectorError
from hub.sdk.http import HttpClient, HttpLimits
from tests.sdk.test_addresses import CLOSED, REFUSED_URLS

LIMITS = HttpLimits(connect=1.0, total=2.0)


class _Witness:
    """Hears of every socket that this process connects, from Python's own audit."""

    def __init__(self) -> None:
        self.listening = False
        self.places: list[object] = []
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.listening and event == "socket.connect":
            self.places.append(arguments[1])


_witness = _Witness()


@pytest.fixture
def connects() -> Iterator[list[object]]:
    """The places that were connected to during the test."""
    _witness.places.clear()
    _witness.listening = True
    yield _witness.places
    _witness.listening = False


def call(url: str, *answers: str, allow: AllowedAddresses | None = None) -> str:
    """Try to call an address whose name leads to these answers in turn; give the refusal."""
    turns = itertools.cycle([[answer] for answer in answers] or [["127.0.0.1"]])

    async def resolve(_host: str, _port: int) -> list[str]:
        return next(turns)

    allowed = {} if allow is None else {"allow": allow}
    with (
        pytest.raises(ConnectorError) as caught,
        HttpClient(url, limits=LIMITS, resolve=resolve, **allowed) as shop,  # type: ignore[arg-type]
    ):
        shop.post("labels", json={"to": "me"}, effect=True)
    return getattr(caught.value, "code", "") or type(caught.value).__name__


MORE = [
    f"https://{host}/"
    for host in (
        "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0001]", "[::FFFF:127.0.0.1]",
        "[::ffff:a9fe:a9fe]", "[::a9fe:a9fe]", "[64:ff9b::10.0.0.1]", "[FE80::1]", "[fd00::1]",
        "[2002:0a00:0001::]", "[2001:0:7f00:1::]", "[ff05::2]", "[::1%lo]", "[::ffff:0x7f.1]",
        "127.0.0.1:443", "127.127.127.127", "0.0.0.0:443", "0x7F.0x0.0x0.0x1", "0177.1",
        "127.0x1", "00.0.0.0", "10.1", "192.168.257", "172.1048577", "3232235777", "0xc0a80101",
        "030052000401", "127.0.0.1:0443", "４２９４９６７２９５", "127.0.0.1..", "[::]:443",
    )
]  # fmt: skip


def urls() -> list[str]:
    literals = [f"[{text}]" if ":" in text else text for text in CLOSED]
    return [*REFUSED_URLS, *MORE, *(f"https://{host}/" for host in literals)]


def test_no_spelling_of_a_hundred_and_fifty_reaches_a_socket(connects: list[object]) -> None:
    assert len(set(urls())) >= 150
    names = [f"https://shop{number}.example/" for number in range(len(CLOSED))]
    for url in urls():
        assert call(url) == "address_refused", url
    for url, inside in zip(names, CLOSED, strict=True):
        assert call(url, inside) == "address_refused", inside
    assert connects == []


def test_a_name_that_leads_inside_reaches_nothing_while_others_are_served(
    vendor, client, whole_answer, connects: list[object]
) -> None:  # type: ignore[no-untyped-def]
    outside, inside = vendor(whole_answer(Connection="close")), vendor(whole_answer())
    allow = AllowedAddresses.parse([f"127.0.0.1:{outside.port}"])
    with HttpClient(outside.url, allow=allow, limits=LIMITS) as shop:
        shop.get("orders")
    for second in ("127.0.0.1", "169.254.169.254", "::1", "10.0.0.1", "::ffff:127.0.0.1"):
        name = f"https://shop.example:{inside.port}/"
        exact = AllowedAddresses.parse([f"other.example:{inside.port}"])
        assert call(name, second, allow=exact) == "address_refused"
    assert {place[1] for place in connects} == {outside.port}  # type: ignore[index]
    assert inside.connections == 0


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 306, 307, 308])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_redirect_of_any_kind_is_not_followed_inside(
    vendor, client, whole_answer, connects: list[object], status: int, method: str
) -> None:  # type: ignore[no-untyped-def]
    inside = vendor(whole_answer())
    places = (inside.url, f"//127.0.0.1:{inside.port}/", "file:///etc/passwd", "/wp-login.php")
    answers = iter([whole_answer(status=status, Location=place) for place in places])
    lock = threading.Lock()

    def redirects(connection, _request) -> None:  # type: ignore[no-untyped-def]
        with lock:
            connection.sendall(next(answers))

    outside = vendor(redirects)
    shop = client(outside.url)
    for _ in places:
        with pytest.raises(ConnectorError):
            getattr(shop, method)("orders", **({"effect": True} if method == "post" else {}))
    assert {place[1] for place in connects} == {outside.port}  # type: ignore[index]
    assert len(outside.requests) == len(places)
    assert inside.connections == 0


def test_the_witness_does_see_what_is_connected(
    vendor, client, whole_answer, connects: list[object]
) -> None:  # type: ignore[no-untyped-def]
    here = vendor(whole_answer())
    client(here.url).get("orders")
    assert connects == [("127.0.0.1", here.port)]
