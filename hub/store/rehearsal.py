"""A dry run: everything is done as it would be, with every guard, and taken back at the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.store.unit_of_work import Store, Unit


class _TakenBackError(Exception):
    """Ends a rehearsed unit."""


class Rehearsal(Store):
    """A store whose units of work never commit; `seen` is told of each before it is taken back."""

    def __init__(self, store: Store, seen: Callable[[Unit], None] = lambda unit: None) -> None:
        vars(self).update(vars(store))
        self._seen = seen

    @contextmanager
    def unit_of_work(self) -> Iterator[Unit]:
        """Open a transaction that is rolled back at the end of the block."""
        try:
            with super().unit_of_work() as unit:
                yield unit
                self._seen(unit)
                raise _TakenBackError
        except _TakenBackError:
            return
