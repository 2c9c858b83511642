"""Crashing on purpose: at every commit and every call to a vendor a process may die."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from hub.sdk.wire import Outgoing, Reply, Wire
from hub.store.unit_of_work import Store, Unit


class Crash(BaseException):
    """The process dies here. No handler of the hub catches it, as none catches a power cut."""


class Boundaries:
    """Counts the places where a process may die, in their order, and dies at the chosen ones."""

    def __init__(self, die_at: Iterable[int] = ()) -> None:
        self.names: list[str] = []
        self._die_at = frozenset(die_at)

    def reach(self, name: str) -> None:
        """Pass a boundary, or die at it."""
        self.names.append(name)
        if len(self.names) - 1 in self._die_at:
            raise Crash(name)

    def distinct(self) -> list[int]:
        """Give one boundary for each state the world can be found in after a crash.

        What dies just before a commit or a call leaves what the boundary before it left: the
        transaction rolls back, and nothing was sent. So those after a commit and after a call are
        all there are; the very first boundary stands for the beginning.
        """
        after = [place for place, name in enumerate(self.names) if name.startswith("after ")]
        return [0, *after]


@contextmanager
def watching(boundaries: Boundaries) -> Iterator[None]:
    """Let every commit of any store and every call over any wire report to these boundaries."""
    commit, call = Store.unit_of_work, Wire.exchange

    @contextmanager
    def unit_of_work(store: Store) -> Iterator[Unit]:
        with commit(store) as unit:
            yield unit
            boundaries.reach("before a commit")
        boundaries.reach("after a commit")

    def exchange(wire: Wire, outgoing: Outgoing) -> Reply:
        about = f"{outgoing.method} {urlsplit(outgoing.url).path}"
        boundaries.reach(f"before {about}")
        reply = call(wire, outgoing)
        boundaries.reach(f"after {about}")
        return reply

    setattr(Store, "unit_of_work", unit_of_work)  # noqa: B010 - a method, replaced for a while
    setattr(Wire, "exchange", exchange)  # noqa: B010
    try:
        yield
    finally:
        setattr(Store, "unit_of_work", commit)  # noqa: B010
        setattr(Wire, "exchange", call)  # noqa: B010
