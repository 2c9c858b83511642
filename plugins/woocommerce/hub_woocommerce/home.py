"""Whose a record is: its link to itself begins with the address its shop goes by. Pure.

A page of another shop comes through a shared cache, a misdirected name, a copy of the site that
still answers under the old one.
"""

import re

import msgspec

from hub.sdk import MappingError

_SCHEME = re.compile(r"^[a-z]+://(?:www\.)?", re.IGNORECASE)
_USUAL_PORT = re.compile(r":(?:80|443)$")


class _Link(msgspec.Struct):
    href: str = ""


class _Links(msgspec.Struct):
    own: list[_Link] = msgspec.field(default_factory=list, name="self")


_links = msgspec.json.Decoder(_Links)


def place(url: str) -> str:
    """Give an address without what differs between spellings of it: scheme, `www.`, usual port."""
    host, slash, path = _SCHEME.sub("", url).partition("/")
    return _USUAL_PORT.sub("", host.lower()) + (slash + path).rstrip("/")


class Home:
    """The address a shop goes by; without one nothing can be told, and nothing is refused."""

    def __init__(self, address: str = "") -> None:
        self._address = address
        self._usual = (f"https://{address}/", f"http://{address}/")

    def refuse_foreign(self, links: msgspec.Raw) -> None:
        """Raise `MappingError` for the `_links` of another shop's record; none say nothing."""
        found = own_link(links) if self._address else ""
        if not found or found.startswith(self._usual):
            return
        if not place(found).startswith((f"{self._address}/", f"{self._address}?")):
            raise MappingError(
                "_links.self",
                place(found),
                f"it belongs to another shop: this one goes by {self._address} "
                "(if it has moved, test the connection)",
            )


ANYWHERE = Home()
"""For records of a shop that does not say where it is."""


def own_link(links: msgspec.Raw | bytes) -> str:
    """Find a record's link to itself; empty where it has none that is understood."""
    if not bytes(links):
        return ""
    try:
        own = _links.decode(links).own
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return own[0].href if own else ""


def home_in(site: object) -> str:
    """Find the address in what WordPress says of itself: where its interface begins, or its home.

    The interface's own link is made as those of the records are.
    """
    try:
        root = own_link(msgspec.json.encode(site["routes"]["/"]["_links"]))  # type: ignore[index]
    except (LookupError, TypeError):
        root = ""
    home = site.get("home") if isinstance(site, dict) else ""
    return place(root or (home if isinstance(home, str) else ""))
