"""Signals: what is counted about a connection, and its health is judged from. No judgement here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.domain.episodes import Failing
from hub.records.connection import ConnectionState


@dataclass(frozen=True)
class Stream:
    """A scheduled pull: how often, and when a walk last reached the present."""

    name: str
    every: timedelta
    complete_at: datetime | None
    waits_since: datetime
    """When the connection was made: from then on it could have been pulled."""


@dataclass(frozen=True)
class Pile:
    """Things of one kind that wait for a person: how many, since when, and one of them."""

    count: int = 0
    since: datetime | None = None
    example: str = ""


@dataclass(frozen=True)
class Loss:
    """Changes seen lately, and how many of them no webhook told of: polling found them."""

    changes: int = 0
    unheard: int = 0

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.unheard / self.changes if self.changes else 0.0


MUCH_MISREAD = 0.2
"""Share of a stream's records not understood, from which on its schema counts as changed."""
ENOUGH_READ = 20
"""Records below which a share says nothing."""


def is_misread(seen: int, unread: int) -> bool:
    """Whether so much was not understood that not the records are odd, but our reading of them."""
    return seen >= ENOUGH_READ and unread >= seen * MUCH_MISREAD


@dataclass(frozen=True)
class Misread:
    """A stream whose records are not understood: how many of how many, and when it is tried."""

    stream: str
    seen: int
    unread: int
    since: datetime
    try_at: datetime


@dataclass(frozen=True)
class LeftAlone:
    """A vendor that kept failing and is not called: since when, and when one call tries it."""

    since: datetime
    probe_at: datetime
    reason: str
    """How its calls ended: `transient`, `not_sent` or `unknown`."""


@dataclass(frozen=True)
class OtherHub:
    """A sign that another hub works with the same credentials, and since when it is known."""

    text: str
    since: datetime


@dataclass(frozen=True)
class Signals:
    """What is counted about one connection."""

    connection_id: str
    code: str
    connector: str
    state: ConnectionState
    reason: str = ""
    has_plugin: bool = True
    streams: tuple[Stream, ...] = ()
    failing: Failing | None = None
    left_alone: LeftAlone | None = None
    dead: Pile = Pile()
    kept: Pile = Pile()
    doubtful: Pile = Pile()
    loss: Loss = Loss()
    misread: tuple[Misread, ...] = ()
    other_hub: OtherHub | None = None
    noted: Mapping[str, datetime] = field(default_factory=dict)
    """Since when a trouble is known, for those whose signals do not say it themselves."""
