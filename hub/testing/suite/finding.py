"""What a check says when it fails: one sentence for the author of the connector."""

from collections.abc import Iterable
from typing import NoReturn


class FindingError(AssertionError):
    """A check failed; the text says what was found, where, and what the hub needs instead."""


def found(sentence: str) -> NoReturn:
    """Fail the check."""
    __tracebackhide__ = True
    raise FindingError(sentence)


def expect(holds: object, sentence: str) -> None:
    """Fail the check unless this holds."""
    __tracebackhide__ = True
    if not holds:
        found(sentence)


def expect_none(findings: Iterable[str]) -> None:
    """Fail the check with all that was found at once."""
    __tracebackhide__ = True
    if listed := list(findings):
        found("; ".join(listed))
