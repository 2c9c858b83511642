"""A connector may be wrong in every way a program can; the hub goes on and says what was wrong."""

import sys
from collections.abc import Callable, Iterator
from itertools import count, repeat
from typing import Any

import pytest

from hub.sdk import containment
from hub.sdk.capabilities import Page
from hub.sdk.containment import ConnectorFaultError, Contained


class Scripted:
    """Its one method does what it is told."""

    limit = 7

    def __init__(self, does: Callable[..., Any]) -> None:
        self.pull_orders = does


def contained(does: Callable[..., Any]) -> Any:
    return Contained("scripted", Scripted(does))


def page(*items: bytes, cursor: str = "1", last: bool = False) -> Page:
    return Page(items, cursor, last)


def test_what_is_right_passes_unchanged() -> None:
    pages = [page(b"1"), page(b"2", cursor="2", last=True)]
    one = contained(lambda cursor, *, key: iter(pages) if cursor == key else None)
    assert list(one.pull_orders("a", key="a")) == pages
    assert one.pull_orders("a", key="b") is None
    assert one.limit == 7
    with pytest.raises(AttributeError):
        one.pull_nothing()


def test_its_errors_are_its_own() -> None:
    for error in (ValueError("x"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            contained(raising(error)).pull_orders()


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_given: object) -> Any:
        raise error

    return fail


def exits_between_pages() -> Iterator[Page]:
    yield page(b"1")
    sys.exit("enough")


def test_an_exit_is_a_failure() -> None:
    with pytest.raises(ConnectorFaultError, match="pull_orders tried to end: SystemExit"):
        contained(raising(SystemExit(0))).pull_orders()
    stream = contained(exits_between_pages).pull_orders()
    assert next(stream) == page(b"1")
    with pytest.raises(ConnectorFaultError, match="tried to end"):
        next(stream)


def test_a_stream_that_goes_nowhere_is_ended() -> None:
    stream = contained(lambda: repeat(page(cursor="same"))).pull_orders()
    with pytest.raises(ConnectorFaultError, match="same cursor for ever"):
        list(stream)


def test_a_stream_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containment, "MOST_PAGES", 50)
    endless = (page(b"x", cursor=str(number)) for number in count())
    with pytest.raises(ConnectorFaultError, match="does not end: 50 pages"):
        list(contained(lambda: endless).pull_orders())


@pytest.mark.parametrize(
    "garbage",
    [
        Page(None, "1"), Page("text", "1"), Page((1, 2), "1"), Page(("text",), "1"),  # type: ignore[arg-type]
        Page([b"a list"], "1"), Page((bytearray(b"x"),), "1"), Page((b"1", None), "1"),  # type: ignore[arg-type]
        Page((), None), Page((), 7), Page((), b"1"), Page((), "x" * 5000), Page((), "a\0b"),  # type: ignore[arg-type]
        Page((), "\ud800"), Page((b"x",) * 10_001, "1"),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_page_of_garbage_is_named_before_it_is_stored(garbage: Page) -> None:
    stream = contained(lambda: iter([page(b"1"), garbage])).pull_orders()
    assert next(stream) == page(b"1")
    with pytest.raises(ConnectorFaultError, match=r"scripted\.pull_orders: "):
        next(stream)


def test_a_page_of_a_hundred_megabytes_is_refused() -> None:
    megabyte = bytes(1024 * 1024)
    with pytest.raises(ConnectorFaultError, match="67,108,864 bytes"):
        next(contained(lambda: iter([page(*[megabyte] * 100)])).pull_orders())
