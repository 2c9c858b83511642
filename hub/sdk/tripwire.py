"""The tripwire that keeps network calls out of database transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class CallInsideTransactionError(RuntimeError):
    """A vendor was about to be called while a transaction was open: a mistake in the program."""


class _Depth(threading.local):
    value = 0


_depth = _Depth()


@contextmanager
def transaction_open() -> Iterator[None]:
    """Mark this thread as being inside a transaction; may be nested."""
    _depth.value += 1
    try:
        yield
    finally:
        _depth.value -= 1


def refuse_inside_transaction(what: str) -> None:
    """Raise `CallInsideTransactionError` naming `what` when this thread has a transaction open.

    A call may take half a minute and may not come back at all: made inside a transaction it would
    hold the writer, and a rollback after it would forget what the vendor has already done.
    """
    if _depth.value:
        raise CallInsideTransactionError(
            f"{what} was attempted inside a transaction; read first, call, then record"
        )
