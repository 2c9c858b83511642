"""How a connection does: one word, and for each trouble a sentence, since when, and what to press.

Judged from signals that are counted elsewhere. Absent is never well: a stream that was never
pulled is late, a connector that no plugin brings is a trouble.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hub.domain.episodes import Failing
from hub.domain.signals import LeftAlone, Misread, OtherHub, Pile, Signals, Stream
from hub.records.connection import ConnectionState

LATE_PULLS = 3
"""A stream is late when it has missed this many of its pulls."""
MUCH_LOSS = 0.2
"""Share of changes found by polling only, from which on webhooks count as lost."""
ENOUGH_CHANGES = 20
"""Changes below which a share says nothing."""


class What(StrEnum):
    """The kinds of trouble, the gravest first; each is an incident of its own."""

    NO_PLUGIN = "no_plugin"
    REFUSED = "refused"
    PAUSED = "paused"
    SENT_ELSEWHERE = "sent_elsewhere"
    LEFT_ALONE = "left_alone"
    UNREACHABLE = "unreachable"
    OTHER_HUB = "other_hub"
    MISREAD = "misread"
    LATE = "late"
    DOUBTFUL_CALLS = "doubtful_calls"
    DEAD_JOBS = "dead_jobs"
    KEPT_ASIDE = "kept_aside"
    WEBHOOKS_LOST = "webhooks_lost"
    NOT_AT_WORK = "not_at_work"


class Word(StrEnum):
    """How a connection does, in one word."""

    WELL = "well"
    NEEDS_ATTENTION = "needs_attention"
    LATE = "late"
    FAILING = "failing"
    PAUSED = "paused"
    NEEDS_AUTH = "needs_auth"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong: since when, in a sentence, and what to do about it."""

    what: What
    since: datetime | None
    sentence: str
    press: str
    command: str


@dataclass(frozen=True)
class Health:
    """A connection's word and its troubles, the gravest first."""

    word: Word
    troubles: tuple[Trouble, ...] = ()


def judge(signals: Signals, now: datetime) -> Health:
    """Say how a connection does."""
    troubles = tuple(
        one if one.since else replace(one, since=signals.noted.get(one.what))
        for one in _troubles(signals, now)
    )
    return Health(_word(signals.state, troubles), troubles)


def judge_hub(dead: Pile) -> tuple[Trouble, ...]:
    """Say what is wrong with the hub's own work, which belongs to no connection."""
    return tuple(_piled({What.DEAD_JOBS: dead}))


_STATES = {
    ConnectionState.PAUSED: Word.PAUSED,
    ConnectionState.NEEDS_AUTH: Word.NEEDS_AUTH,
    ConnectionState.DISABLED: Word.DISABLED,
}
_WORDS = {
    What.SENT_ELSEWHERE: Word.FAILING,
    What.LEFT_ALONE: Word.FAILING,
    What.UNREACHABLE: Word.FAILING,
    What.LATE: Word.LATE,
}


def _word(state: ConnectionState, troubles: tuple[Trouble, ...]) -> Word:
    if state in _STATES:
        return _STATES[state]
    if not troubles:
        return Word.WELL
    return _WORDS.get(troubles[0].what, Word.NEEDS_ATTENTION)


def _troubles(one: Signals, now: datetime) -> Iterator[Trouble]:
    if not one.has_plugin:
        yield Trouble(
            What.NO_PLUGIN,
            None,
            f"no plugin brings {one.connector}",
            "Install the plugin again, then restart the hub.",
            "hub plugin list",
        )
    yield from _by_state(one)
    if one.left_alone and one.state == ConnectionState.ACTIVE:
        yield _left_alone(one, one.left_alone)
    if one.failing and one.state == ConnectionState.ACTIVE:
        yield _sent_elsewhere(one, one.failing) or _unreachable(one, one.failing)
    if one.other_hub:
        yield _other_hub(one, one.other_hub)
    if one.state == ConnectionState.ACTIVE:
        yield from (_misread(which) for which in one.misread)
    yield from _late(one, now)
    yield from _piled(
        {
            What.DOUBTFUL_CALLS: one.doubtful,
            What.DEAD_JOBS: one.dead,
            What.KEPT_ASIDE: one.kept,
        }
    )
    if one.loss.changes >= ENOUGH_CHANGES and one.loss.share >= MUCH_LOSS:
        yield Trouble(
            What.WEBHOOKS_LOST,
            None,
            f"{one.loss.share:.0%} of {one.loss.changes} changes came without a webhook",
            "Nothing is lost: polling finds them, only later. Look at the vendor's webhooks.",
            f"hub connections show {one.code}",
        )


def _by_state(one: Signals) -> Iterator[Trouble]:
    if one.state == ConnectionState.NEEDS_AUTH:
        yield Trouble(
            What.REFUSED,
            None,
            f"its credentials are refused: {_said(one.reason)}",
            "Make new credentials at the vendor and give them to the hub; its jobs then go on.",
            f"hub connections rotate {one.code} --secret …",
        )
    elif one.state != ConnectionState.ACTIVE:
        yield Trouble(
            What.PAUSED,
            None,
            f"it is {one.state}: {_said(one.reason)}",
            "Press resume: its jobs wait, its webhooks are kept.",
            f"hub connections resume {one.code}",
        )


_HOW_IT_FAILED = {
    "transient": "it answered with errors",
    "not_sent": "it could not be reached",
    "unknown": "its answers were lost",
}


def _left_alone(one: Signals, alone: LeftAlone) -> Trouble:
    how = _HOW_IT_FAILED.get(alone.reason, _said(alone.reason))
    return Trouble(
        What.LEFT_ALONE,
        alone.since,
        f"it kept failing ({how}) and is left alone; "
        f"from {alone.probe_at:%H:%M:%SZ} one call tries whether it is back",
        "Nothing: the hub tries by itself, and goes on at once when it is back.",
        f"hub connections show {one.code}",
    )


_REDIRECTION = re.compile(r"it sends us (to \S+|elsewhere), and the hub never follows")
"""As the HTTP client words a redirection; tests hold the two together."""


def _sent_elsewhere(one: Signals, failing: Failing) -> Trouble | None:
    found = _REDIRECTION.search(failing.text)
    if found is None:
        return None
    where = found[1].removeprefix("to ")
    return Trouble(
        What.SENT_ELSEWHERE,
        failing.since,
        f"it answers with a redirect to {where} (a new domain, or somebody in between?)",
        "The hub never follows. Ask at the vendor; if it did move, connect it at its new address.",
        f"hub connections test {one.code}",
    )


def _unreachable(one: Signals, failing: Failing) -> Trouble:
    tries = "the last attempt" if failing.times == 1 else f"the last {failing.times} attempts"
    return Trouble(
        What.UNREACHABLE,
        failing.since,
        f"{tries} failed: {_said(failing.text)}",
        "Nothing: the hub tries again by itself. Look at the vendor if it lasts.",
        f"hub connections test {one.code}",
    )


def _other_hub(one: Signals, other: OtherHub) -> Trouble:
    return Trouble(
        What.OTHER_HUB,
        other.since,
        f"another hub seems to work here with the same credentials: {other.text}",
        "Two hubs sell the same units twice. Pause this connection until only one of them writes; "
        "if the other is gone, remove what it left at the vendor.",
        f"hub connections pause {one.code}",
    )


def _misread(one: Misread) -> Trouble:
    return Trouble(
        What.MISREAD,
        one.since,
        f"{one.unread} of the last {one.seen} records of {one.stream} were not understood (did the "
        f"vendor change them?); its pulls wait and try again at {one.try_at:%H:%M:%SZ}",
        "The records are kept as they came. Update the connector, then read them again.",
        "hub quarantine list; hub quarantine retry --all",
    )


def _late(one: Signals, now: datetime) -> Iterator[Trouble]:
    """A connection that may not be used is not late: that it may not is the trouble."""
    if one.state != ConnectionState.ACTIVE:
        return
    late = [stream for stream in one.streams if is_late(stream, now)]
    if not late:
        return
    since = min(stream.complete_at or stream.waits_since for stream in late)
    names = " and ".join(stream.name for stream in late)
    never = all(stream.complete_at is None for stream in late)
    told = "were never pulled to the end" if never else f"were last pulled {since:%Y-%m-%d %H:%MZ}"
    yield Trouble(
        What.LATE,
        since,
        f"{names} {told}",
        "Run the hub, or pull now.",
        f"hub serve, or hub sync {one.code}",
    )


def is_late(stream: Stream, now: datetime) -> bool:
    """Whether a stream missed several of its pulls."""
    return (stream.complete_at or stream.waits_since) + stream.every * LATE_PULLS < now


_PILES: Mapping[What, tuple[str, str, str, str]] = {
    What.DOUBTFUL_CALLS: (
        "call that spends waits for a person's word",
        "calls that spend wait for a person's word",
        "Look at the vendor, then say what happened.",
        "hub effects list --state needs_operator; hub effects resolve",
    ),
    What.DEAD_JOBS: (
        "job is dead",
        "jobs are dead",
        "Read why; mend the cause; replay them.",
        "hub jobs list --state dead; hub replay --dead",
    ),
    What.KEPT_ASIDE: (
        "record was not understood",
        "records were not understood",
        "Read why; mend the cause; read them again.",
        "hub quarantine list; hub quarantine retry --all",
    ),
}
"""What waits for a person: how one and how many are said, what to press, and the commands."""


def _piled(found: Mapping[What, Pile]) -> Iterator[Trouble]:
    for what, pile in found.items():
        if pile.count:
            one, many, press, command = _PILES[what]
            told = one if pile.count == 1 else many
            example = f", such as: {pile.example}" if pile.example else ""
            yield Trouble(what, pile.since, f"{pile.count} {told}{example}", press, command)


def _said(text: str) -> str:
    return text or "nobody said why"
