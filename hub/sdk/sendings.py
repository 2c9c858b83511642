"""Whether something was sent that cannot be taken back, while a connector performs one effect.

An effect may take several calls: buy, then read what was bought. When the second is refused, held
back or does not leave, that says nothing about the first; taken for the outcome of the effect it
would buy again.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hub.sdk.errors import ConnectorError


class _Sent(threading.local):
    count: int | None = None
    """None outside of an effect: what is sent there belongs to none and marks nothing."""


_sent = _Sent()


@contextmanager
def one_effect() -> Iterator[None]:
    """Count afresh for the effect that is performed in this block, by this thread."""
    before, _sent.count = _sent.count, 0
    try:
        yield
    finally:
        _sent.count = before


def note_sent() -> None:
    """Note that a request that spends or creates has, or may have, done so."""
    if _sent.count is not None:
        _sent.count += 1


def mark(failure: ConnectorError) -> None:
    """Mark the failure of a call that followed one that cannot be taken back."""
    if _sent.count:
        failure.after_effect = True


def is_marked(error: ConnectorError) -> bool:
    """Tell whether an error speaks of a later call than the one that spent or created."""
    return error.after_effect
