"""Holds a connector to its contract while it is called: it may fail, but not end or flood the hub.

In-process Python cannot be imprisoned; this is for mistakes, not for malice.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from hub.sdk.capabilities import Page
from hub.sdk.errors import ConnectorError, UnknownOutcomeError
from hub.sdk.sendings import is_marked, one_effect

MOST_ITEMS = 10_000
LARGEST_PAGE = 64 * 1024 * 1024
"""Bytes of one page's records together."""
MOST_PAGES = 100_000
LONGEST_CURSOR = 4_000
IDLE_PAGES = 1_000
"""Pages in a row without a record and without another cursor: it goes nowhere."""


class ConnectorFaultError(RuntimeError):
    """A connector broke its contract: its author's mistake, whatever the vendor did."""


class Contained:
    """A connector whose exits are failures, and whose streams end."""

    def __init__(self, name: str, connector: object) -> None:
        self._name, self._connector = name, connector

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._connector, attribute)
        return _contained(f"{self._name}.{attribute}", value) if callable(value) else value

    def __repr__(self) -> str:
        return f"Contained({self._name})"


def _contained(about: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        # What takes the hub's key is an effect.
        do = partial(_once, method) if "key" in named else method
        answer = contain(about, do, *given, **named)
        return _walk(about, answer) if hasattr(type(answer), "__next__") else answer

    return call


def contain(about: str, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Do a connector's work; its attempt to end the process is a `ConnectorFaultError`."""
    try:
        return work(*given, **named)
    except (SystemExit, GeneratorExit) as error:
        raise ConnectorFaultError(f"{about} tried to end: {type(error).__name__}") from error


def _once(work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Perform an effect; how a later call of it failed is not how the effect ended."""
    with one_effect():
        try:
            return work(*given, **named)
        except UnknownOutcomeError:
            raise
        except ConnectorError as error:
            if not is_marked(error):
                raise
            raise UnknownOutcomeError(f"after it was sent: {error.reason}") from error


def _walk(about: str, stream: Iterator[Any]) -> Iterator[Any]:
    """Give what a stream gives, checked, until its end or ours."""
    idle, before = 0, None
    for _ in range(MOST_PAGES):
        try:
            one = contain(about, stream.__next__)
        except StopIteration:
            return
        if isinstance(one, Page):
            check_page(about, one)
            idle = 0 if one.items or one.cursor != before else idle + 1
            before = one.cursor
        if idle > IDLE_PAGES:
            raise ConnectorFaultError(f"{about} gives empty pages with the same cursor for ever")
        yield one
    raise ConnectorFaultError(f"{about} does not end: {MOST_PAGES:,} pages")


def check_page(about: str, page: Page) -> None:
    """Raise `ConnectorFaultError` unless a page is what it says, and of a size to be landed."""
    if not isinstance(page.cursor, str) or len(page.cursor) > LONGEST_CURSOR:
        raise ConnectorFaultError(f"{about}: its cursor is not a text a row can hold")
    if not page.cursor.isprintable():
        raise ConnectorFaultError(f"{about}: its cursor has characters that cannot be stored")
    if not isinstance(page.items, tuple) or not all(type(one) is bytes for one in page.items):
        raise ConnectorFaultError(f"{about}: its records are not a tuple of bytes")
    if len(page.items) > MOST_ITEMS or sum(map(len, page.items)) > LARGEST_PAGE:
        raise ConnectorFaultError(
            f"{about}: a page has at most {MOST_ITEMS:,} records and {LARGEST_PAGE:,} bytes"
        )
