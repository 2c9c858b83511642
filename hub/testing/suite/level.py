"""The level of a connector: computed from what was proved, never claimed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from hub.testing.suite.samples import Sample

Outcome = Literal["passed", "failed", "skipped", "waived"]

_LIMITS = re.compile(r"^#+ .*\blimits?\b.*?\n(?:(?!^#).*\n)*?\|.+\|", re.I | re.M)


class Level(StrEnum):
    """bronze passes the suite; silver on samples of its own; gold on recordings of the vendor."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True)
class Result:
    """What became of one check."""

    group: str
    check: str
    outcome: Outcome
    sentence: str = ""
    """The finding, or the reason for skipping."""


@dataclass(frozen=True)
class Facts:
    """What the files of a connector show, beside the results of its checks."""

    connector: str
    version: str
    network: bool = True
    borrowed: tuple[str, ...] = ()
    """Verbs that have no sample of their own."""
    errors: int = 0
    """Samples of the vendor's own errors."""
    recorded: str = ""
    """The day of the youngest recording of a real vendor."""
    limits: bool = False
    """Whether a README has a table of limits."""


def level(results: Sequence[Result], facts: Facts) -> tuple[Level, list[str]]:
    """Give the level, and what is missing for the next one."""
    steps = (
        (Level.NONE, _missing_for_bronze(results)),
        (Level.BRONZE, _missing_for_silver(results, facts)),
        (Level.SILVER, _missing_for_gold(facts)),
    )
    return next(((reached, missing) for reached, missing in steps if missing), (Level.GOLD, []))


def _missing_for_bronze(results: Sequence[Result]) -> list[str]:
    if not any(one.outcome == "passed" for one in results):
        return ["no check has passed"]
    failed = sum(one.outcome == "failed" for one in results)
    return [f"{failed} check{'s have' if failed > 1 else ' has'} failed"] if failed else []


def _missing_for_silver(results: Sequence[Result], facts: Facts) -> list[str]:
    missing = [f"{one.check} is waived" for one in results if one.outcome == "waived"]
    missing += [f"{verb}.json, a sample of its own" for verb in facts.borrowed]
    if facts.network and not facts.errors:
        missing.append("errors/*.json, the vendor's own errors")
    return missing


def _missing_for_gold(facts: Facts) -> list[str]:
    missing = []
    if not facts.network:
        missing.append("a vendor that could be recorded: it talks to no network")
    elif not facts.recorded:
        missing.append("recordings/*.json, from a real account (`hub plugin record`)")
    if not facts.limits:
        missing.append("a table of limits in README.md, under a heading that says so")
    return missing


def recorded_at(sample: Sample) -> datetime | None:
    """Read when a recording was made; None when it does not say."""
    try:
        at = datetime.fromisoformat(str(sample.document["recorded_at"]))
    except (ValueError, KeyError, TypeError):
        return None
    return at if at.tzinfo else None


def youngest(recordings: Sequence[Sample], connector: str) -> str:
    """Give the day of the youngest recording of a real vendor; a twin's proves nothing new."""
    days = [
        at.date().isoformat()
        for one in recordings
        if (at := recorded_at(one)) is not None
        and one.document.get("source") == "vendor"
        and one.document.get("connector") == connector
    ]
    return max(days, default="")


def tells_limits(beside: Path) -> bool:
    """Tell whether the README of the package around a file has a table of limits."""
    for folder in beside.resolve().parents:
        if (folder / "pyproject.toml").exists():
            readme = folder / "README.md"
            return readme.exists() and bool(_LIMITS.search(readme.read_text("utf-8")))
    return False
