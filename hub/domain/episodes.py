"""Failures, one after the other: which belong together, when they began, and when they healed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES = frozenset(
    {"transient", "not_sent", "unknown_outcome", "rate_limited", "auth", "account", "redirected"}
)
"""Classes of errors that say something of the vendor, not of what was asked."""
ANSWERS = frozenset({"", "looked"})
"""What says that the vendor answered; all else, such as a job that waits, says nothing."""
QUIET = timedelta(minutes=15)
"""Failures nearer together than this are one incident."""


@dataclass(frozen=True)
class Failing:
    """Attempts that failed one after the other, with no success since."""

    since: datetime
    times: int
    text: str


@dataclass(frozen=True)
class Try:
    """One attempt that ended: how, when."""

    at: datetime
    error_class: str
    text: str


@dataclass(frozen=True)
class Episode:
    """Failures that belong together; `healed_at` is the first success after the last of them."""

    opened_at: datetime
    seen_at: datetime
    healed_at: datetime | None
    times: int
    text: str

    def failing(self) -> Failing | None:
        """Give what is still wrong; None once it healed."""
        return None if self.healed_at else Failing(self.opened_at, self.times, self.text)


def follow(last: Episode | None, tries: Iterable[Try]) -> list[Episode]:
    """Go on from the `last` episode through the tries, in their order; give all that changed.

    The first given goes on with `last` where it begins like it.
    """
    found: list[Episode] = [last] if last else []
    for one in tries:
        open_now = found[-1] if found else None
        if one.error_class in FAILURES:
            if open_now is None or (open_now.healed_at and one.at - open_now.healed_at > QUIET):
                found.append(Episode(one.at, one.at, None, 1, one.text))
            else:
                found[-1] = Episode(open_now.opened_at, one.at, None, open_now.times + 1, one.text)
        elif one.error_class in ANSWERS and open_now and open_now.healed_at is None:
            found[-1] = Episode(
                open_now.opened_at, open_now.seen_at, one.at, open_now.times, open_now.text
            )
    return [one for one in found if one is not last]
