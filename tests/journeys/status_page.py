"""The status page as an operator reads it: fetched over HTTP, its words taken from the markup."""

import html
import re
from dataclasses import dataclass
from datetime import datetime

import httpx


@dataclass(frozen=True)
class Told:
    """One incident as the page tells it: whose, since when, until when, and its sentences."""

    connection: str
    opened_at: datetime
    healed_at: datetime | None
    text: str


class StatusPage:
    """The first pages of a hub's console."""

    def __init__(self, address: str) -> None:
        self._line = httpx.Client(base_url=address, trust_env=False)

    def close(self) -> None:
        self._line.close()

    def state_of_things(self) -> str:
        """Give the first card of the overview: how many problems, or that nothing is broken."""
        (card,) = re.findall(r'<section id="state-of-things".*?</section>', self._get("/"), re.S)
        return _words(card)

    def connections(self) -> dict[str, str]:
        """Give the overview's line of each connection: its health, and what is wrong with it."""
        (card,) = re.findall(r'<section id="connections-card".*?</section>', self._get("/"), re.S)
        rows = re.findall(r'<a href="/connections/(\w+)">(.*?)</tr>', card, re.S)
        return {code: _words(row) for code, row in rows}

    def incidents(self) -> list[Told]:
        """Give the history of the past week, what goes on first."""
        (list_,) = re.findall(r'<ul class="incidents">.*?</ul>', self._get("/incidents"), re.S)
        return [_told(one) for one in re.findall(r"<li>.*?</li>", list_, re.S)]

    def _get(self, path: str) -> str:
        return self._line.get(path).raise_for_status().text


def _told(item: str) -> Told:
    whose = re.search(r'<a href="/connections/(\w+)">', item)
    opened, *healed = map(datetime.fromisoformat, re.findall(r'<time datetime="(.*?)"', item))
    words = _words(item)
    assert ("healed" in words.split()) is bool(healed), words
    return Told(whose[1] if whose else "", opened, healed[0] if healed else None, words)


def _words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
