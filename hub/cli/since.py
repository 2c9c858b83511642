"""`--since`: an instant, or how long ago."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from hub.cli.exits import UsageError

Since = Annotated[str, typer.Option(help="30m, 2h, 7d, or 2026-11-22T14:00Z.")]

_AGO = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def instant(text: str, now: datetime) -> datetime | None:
    """Read `--since`; None when it was not given. Raises `UsageError`."""
    if not text:
        return None
    if ago := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--since {text}: say 30m, 2h, 7d, or 2026-11-22T14:00Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def coming_instant(text: str, now: datetime) -> datetime | None:
    """Read `--until`; None when it was not given. Raises `UsageError`, also for what is past."""
    if not text:
        return None
    if ahead := _AGO.fullmatch(text.strip()):
        return now + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--until {text}: say 2h, 3d, or 2026-12-01T08:00Z") from None
    ends = read if read.tzinfo else read.replace(tzinfo=UTC)
    if ends <= now:
        raise UsageError(f"--until {text} is past")
    return ends
