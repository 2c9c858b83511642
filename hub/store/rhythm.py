"""When something recurs: every so many seconds, or by a cron line read in a time zone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = "minute hour day-of-month month day-of-week"
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_LOOK_AHEAD = 60
"""Slots in which the longest pause of a cron line shows: two months of a daily one."""


class RhythmError(ValueError):
    """The rhythm cannot be read; the text says what to write instead."""


@dataclass(frozen=True)
class Rhythm:
    """Every `every_s` seconds, or by `cron` in `zone`.

    At a change of clocks a cron line at a fixed hour runs once: what falls into the hour that is
    left out runs right after it, and what falls into the hour that comes twice runs the first time.
    """

    every_s: int = 0
    cron: str = ""
    zone: str = ""

    def __post_init__(self) -> None:
        if self.cron:
            self._check_cron()
        elif self.zone:
            raise RhythmError("a zone belongs to a cron line; seconds have none")
        elif self.every_s < 1:
            raise RhythmError("a schedule runs at most once a second")

    def _check_cron(self) -> None:
        if self.every_s:
            raise RhythmError("give either seconds or a cron line")
        if len(self.cron.split()) != len(_FIELDS.split()):
            raise RhythmError(f"{self.cron!r} needs five fields ({_FIELDS}), as in '30 3 * * 1-5'")
        try:
            next(self._slots(_ANY_DAY))
        except CronSimError as error:
            what = str(error).lower()
            raise RhythmError(
                f"{self.cron!r} has a {what}; the fields are {_FIELDS}, as in '30 3 * * 1-5'"
            ) from None
        except StopIteration:
            raise RhythmError(f"{self.cron!r} never comes") from None

    def after(self, moment: datetime, slot: datetime | None = None) -> datetime:
        """Give the first slot after `moment`; a rhythm in seconds keeps step with `slot`."""
        if self.cron:
            return next(self._slots(moment))
        every, start = timedelta(seconds=self.every_s), slot or moment
        return start + every * (math.floor((moment - start) / every) + 1)

    def longest_pause_s(self, moment: datetime) -> int:
        """Give the seconds after which it is late, as it will run in the near future."""
        if not self.cron:
            return self.every_s
        slots = islice(self._slots(moment), _LOOK_AHEAD)
        return max(int((after - before).total_seconds()) for before, after in pairwise(slots))

    def __str__(self) -> str:
        return f"{self.cron} ({self.zone or 'UTC'})" if self.cron else f"every {self.every_s} s"

    def _slots(self, moment: datetime) -> Iterator[datetime]:
        for slot in CronSim(self.cron, moment.astimezone(_zone(self.zone))):
            yield slot.astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        raise RhythmError(
            f"there is no time zone {name!r}; write it as Europe/Berlin or America/New_York"
        ) from None
