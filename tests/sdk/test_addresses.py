"""No connector, whatever address it is given, reaches a socket that is not public."""

import asyncio
import ipaddress
import socket
import ssl
import threading

import httpcore
import pytest
import trustme

from hub.sdk.addresses import (
    PUBLIC_ONLY,
    AllowedAddresses,
    check_url,
    checked_addresses,
    is_public,
    normal_host,
)
from hub.sdk.errors import ConfigError, NotSentError, RejectedError
from hub.sdk.http import HttpClient
from hub.sdk.network import check_peer


def words(text):
    return text.split()


CLOSED = words("""
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.254 127.0.0.1
    127.255.255.254 168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.8
    192.0.0.9 192.0.0.170 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255
    198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
    64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:53aa:64c::1 2001:10::1 2001:20::1
    2001:db8::1 2002:7f00:1:: 2002:808:808:: 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254
    fd20:ce::254 fe80::1 fec0::1 ff02::1 ff0e::1 4000::1 2620:4f:8000::1
""")

OPEN = words("""
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 223.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1
""")

REFUSED_URLS = [
    # odd spellings of loopback and of the metadata service
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://1.0x1/",
    "https://0/",
    "https://0x/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://169.254.43518/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://[::ffff:7f00:1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::1]:443/",
    "https://[v1.x]/",
    "https://[127.0.0.1]/",
    "https://[8.8.8.8]/",
    "https://[::1",
    "https://127.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    # parsers that disagree about where the host is
    "https://user:secret@shop.example/",
    "https://user@shop.example/",
    "https://@shop.example/",
    "https://shop.example@127.0.0.1/",
    "https://shop.example\\@127.0.0.1/",
    "https:\\\\127.0.0.1/",
    "https://shop.example%2f@127.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%00.shop.example/",
    "https://shop.example\t/",
    "https://shop\n.example/",
    " https://shop.example/",
    "https://shop.example\r\nHost: other/",
    "https://shop.example/?next=1",
    "https://shop.example/#top",
    "https://shop.example?",
    "https://shop.example#@127.0.0.1/",
    "https://shop.example／@127.0.0.1/",
    "https://shop..example/",
    "https://-shop.example/",
    "https://shop-.example/",
    "https://sh*op.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https:///orders",
    "https://",
    "https:shop.example",
    "//shop.example/",
    "shop.example",
    "",
    # other doors
    "http://shop.example/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "javascript://shop.example/",
    "https://shop.example:8443/",
    "https://shop.example:22/",
    "https://shop.example:0/",
    "https://shop.example:99999/",
    "https://shop.example:4４3/",
    "https://shop.example:-1/",
]


@pytest.mark.parametrize("text", CLOSED)
def test_an_address_of_no_public_machine_is_closed(text):
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_a_public_address_is_open(text):
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_an_unsafe_address_is_refused_before_any_name_is_asked(url):
    with pytest.raises(RejectedError, match="address refused") as caught:
        HttpClient(url)
    assert caught.value.code == "address_refused"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", CLOSED)
def test_a_closed_address_written_in_the_url_is_refused(text):
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(RejectedError, match=r"is not a public address; if it is meant, an admin"):
        check_url(f"https://{host}/")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://SHOP.Example:443/", "https://shop.example"),
        ("https://shop.example./", "https://shop.example"),
        ("https://bücher.example/laden/", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://my_shop.example/wp-json", "https://my_shop.example"),
        ("https://8.8.8.8/", "https://8.8.8.8"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]"),
    ],
)
def test_a_public_shop_has_one_spelling(url, place):
    assert str(check_url(url)) == place


def test_the_path_of_the_shop_is_kept_without_its_last_slash():
    assert check_url("https://shop.example/wp-json/wc/v3/").path == "/wp-json/wc/v3"


def test_an_exception_is_for_exactly_one_host_and_port():
    allow = AllowedAddresses.parse(["127.0.0.1:8123", "shop.internal:443", "[::1]:80"])
    assert check_url("http://127.0.0.1:8123/wc", allow).port == 8123
    assert check_url("https://shop.internal", allow).host == "shop.internal"
    assert str(check_url("http://[::1]/", allow)) == "http://[::1]"
    for near in ("http://127.0.0.1:8124", "http://127.0.0.2:8123", "http://shop.internal:80"):
        with pytest.raises(RejectedError):
            check_url(near, allow)


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "host:", ":80", "a:b", "x@h:80", "h:80/p", "*:70000"]
)
def test_an_exception_that_is_not_exact_is_refused(text):
    with pytest.raises(ConfigError, match="write host:port"):
        AllowedAddresses.parse([text])


def test_the_refusal_says_what_to_do():
    with pytest.raises(RejectedError) as caught:
        check_url("https://10.1.2.3/")
    assert caught.value.reason == (
        "address refused: 10.1.2.3 is not a public address; "
        "if it is meant, an administrator sets HUB_ALLOW_HOSTS=10.1.2.3:443"
    )


def answers(*addresses):
    async def resolve(host, port):
        resolve.asked += 1
        return addresses

    resolve.asked = 0
    return resolve


@pytest.mark.parametrize("bad", ["127.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "2002:7f00:1::"])
def test_one_closed_address_among_the_answers_refuses_all(bad):
    resolve = answers("8.8.8.8", bad, "1.1.1.1")
    with pytest.raises(RejectedError, match=r"shop\.example leads to .*, which is not public"):
        asyncio.run(checked_addresses("shop.example", 443, PUBLIC_ONLY, resolve))
    assert resolve.asked == 1


def test_a_name_that_leads_inside_is_refused_without_touching_a_socket(vendor, whole_answer):
    inside = vendor(whole_answer())
    with (
        HttpClient("https://shop.example", resolve=answers("127.0.0.1")) as shop,
        pytest.raises(RejectedError, match="HUB_ALLOW_HOSTS=shop.example:443") as caught,
    ):
        shop.post("labels", effect=True)
    assert caught.value.code == "address_refused"
    assert inside.connections == 0


def test_a_name_that_changes_its_answer_is_not_asked_twice_for_one_connection(vendor, whole_answer):
    inside = vendor(whole_answer())
    turns = iter([["127.0.0.1"], ["127.0.0.1"]])

    async def rebinding(host, port):
        # The first answer is what gets connected to; a second question would be the attack.
        return next(turns)

    allow = AllowedAddresses.parse([f"shop.example:{inside.port}"])
    with HttpClient(f"http://shop.example:{inside.port}", allow=allow, resolve=rebinding) as shop:
        shop.get("orders")
        shop.get("orders")
    assert inside.connections == 1
    assert next(turns) == ["127.0.0.1"]


def test_every_new_connection_is_checked_again(vendor):
    def hangs_up(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        connection.close()

    shop_server = vendor(hangs_up)
    port = shop_server.port
    turns = iter([["127.0.0.1"], ["999.1.1.1"]])

    async def rebinding(host, port):
        return next(turns)

    allow = AllowedAddresses.parse([f"shop.example:{port}"])
    with HttpClient(f"http://shop.example:{port}", allow=allow, resolve=rebinding) as shop:
        shop.get("orders")
        with pytest.raises(RejectedError, match="not the usual spelling"):
            shop.get("orders")
    assert shop_server.connections == 1


def test_the_next_address_is_tried_when_the_first_does_not_answer(vendor, whole_answer):
    here = vendor(whole_answer())
    allow = AllowedAddresses.parse([f"shop.example:{here.port}"])
    resolve = answers("127.0.0.2", "127.0.0.1")
    with HttpClient(f"http://shop.example:{here.port}", allow=allow, resolve=resolve) as shop:
        assert shop.get("orders").status == 200


class SocketAt(httpcore.AsyncNetworkStream):
    def __init__(self, place):
        self.place, self.closed = place, False

    def get_extra_info(self, info):
        return (self.place, 443) if info == "server_addr" else None

    async def aclose(self):
        self.closed = True


def test_a_socket_that_ended_elsewhere_is_hung_up():
    right, wrong = SocketAt("2606:4700:0::1111"), SocketAt("10.0.0.1")
    asyncio.run(check_peer(right, "2606:4700::1111"))
    with pytest.raises(RejectedError, match=r"arrived at 10\.0\.0\.1"):
        asyncio.run(check_peer(wrong, "8.8.8.8"))
    assert (right.closed, wrong.closed) == (False, True)


@pytest.fixture
def tls_shop(whole_answer):
    """A shop over https under a private authority; gives its port, the CA and what it heard."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(context)
    heard: list[str | bytes] = []
    context.sni_callback = lambda _socket, name, _context: heard.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
                with context.wrap_socket(connection, server_side=True) as secured:
                    heard.append(secured.recv(65536))
                    secured.sendall(whole_answer(b'{"ok": true}', Connection="close"))
            except OSError:
                if listener.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], authority, heard
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def https_client(port, **options):
    allow = AllowedAddresses.parse([f"shop.example:{port}"])
    return HttpClient(
        f"https://shop.example:{port}", allow=allow, resolve=answers("127.0.0.1"), **options
    )


def test_host_and_tls_name_stay_the_shops_own(tls_shop, tmp_path):
    port, authority, heard = tls_shop
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with https_client(port, ca_file=str(ca_file)) as shop:
        assert shop.get("orders").json() == {"ok": True}
    assert heard[0] == "shop.example"
    assert f"Host: shop.example:{port}".lower().encode() in heard[1].lower()


def test_a_certificate_nobody_vouches_for_stops_the_call_before_it_is_sent(tls_shop):
    port, _, heard = tls_shop
    with (
        https_client(port) as shop,
        pytest.raises(NotSentError, match=r"certificate is not trusted .*HUB_CA_FILE"),
    ):
        shop.post("labels", effect=True)
    assert heard == ["shop.example"]


def test_https_to_a_port_that_speaks_http_is_told_in_words():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=speak, daemon=True).start()
        port = listener.getsockname()[1]
        with https_client(port) as shop, pytest.raises(NotSentError, match="is it http"):
            shop.get("orders")


def test_a_missing_authority_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.pem"):
        HttpClient("https://shop.example", ca_file=str(tmp_path / "gone.pem"))


def test_a_host_is_never_looked_up_in_two_spellings():
    assert normal_host("Shop.Example.") == normal_host("shop.example")
