"""Talks past the hub's client."""

import socket
from urllib.parse import urlsplit

from hub.sdk import Account, Connector, hookimpl
from tests.testing.bad_connectors import good

FAILS = ["every_request_goes_through_the_hubs_client"]


class Loner(good.Acme):
    def check(self) -> Account:
        where = urlsplit(self.url)
        with socket.create_connection((where.hostname, where.port)) as line:
            line.sendall(b"GET /me HTTP/1.0\r\n\r\n")
        return super().check()


@hookimpl
def hub_connectors() -> list[Connector]:
    return good.connector(Loner)
