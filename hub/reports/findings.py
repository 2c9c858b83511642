"""What may be wrong with connections and work, each finding with the command that repairs it."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.domain.health import What, judge
from hub.reports import health
from hub.reports.health import Counted
from hub.store.signals import read_signals


@dataclass(frozen=True)
class Finding:
    """One question and its answer."""

    check: str
    ok: bool
    text: str
    repair: str = ""


COUNTED_BELOW = frozenset({What.DEAD_JOBS, What.DOUBTFUL_CALLS, What.KEPT_ASIDE})
"""Troubles that `work_findings` counts over all connections."""


def connection_findings(
    database: Connection, connectors: Container[str], now: datetime
) -> Iterator[Finding]:
    """Look at every connection; `connectors` are those that plugins bring."""
    found = read_signals(database, connectors, now)
    for one in found:
        for trouble in judge(one, now).troubles:
            if trouble.what not in COUNTED_BELOW:
                yield Finding(one.code, False, trouble.sentence, trouble.command)
    yield Finding("connections", True, f"{len(found)} connected")


def work_findings(database: Connection, now: datetime, at_work: bool) -> Iterator[Finding]:
    """Look at the work owed; `at_work` says whether an engine runs."""
    due = health.oldest_due(database, now)
    idle = due is not None and not at_work
    yield Finding(
        "engine", not idle,
        "at work" if at_work else f"none, and work is due since {due:%H:%MZ}" if idle else "none",
        "" if at_work else "hub serve",
    )  # fmt: skip
    for name, (count, sentence, repair) in COUNTED.items():
        yield _about(name, count(database), sentence, repair)


COUNTED = {
    "jobs": (health.dead, "dead", "hub jobs list --state dead; hub jobs replay"),
    "unknown effects": (
        health.unsettled_effects, "with an end that nobody knows yet",
        "hub effects list --state unknown",
    ),
    "effects": (
        health.effects_for_a_person, "waiting for a person",
        "hub effects list --state needs_operator; hub effects resolve",
    ),
    "not sent": (
        health.effects_without_writes, "waiting for writes to be switched on",
        "hub connections writes CODE on",
    ),
    "quarantine": (
        health.quarantined, "not understood",
        "hub quarantine list; hub quarantine retry --all",
    ),
    "channels": (
        health.refused_wishes, "refused by a channel",
        "hub inventory show SKU; hub inventory publish CODE",
    ),
    "oversold": (
        health.oversold, "promised beyond what is there", "hub inventory adjust SKU",
    ),
}  # fmt: skip
"""What must be none: how it is counted, what it means, what to do."""


def _about(name: str, found: Counted, sentence: str, repair: str) -> Finding:
    if not found.count:
        return Finding(name, True, "none")
    example = f", such as {found.example}" if found.example else ""
    return Finding(name, False, f"{found.count} {sentence}{example}", repair)
