"""What to do next about an outward call that spends or creates, decided from what is known of it.

The legal moves are those of the money saga: a call ends as succeeded, refused or unknown, and
unknown is resolved by look-up, by replaying the same key, or by a person. Never by a blind retry.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_SENDS = 5
PROBE_GAP = timedelta(seconds=60)
SAFE_SHARE_OF_RETENTION = 0.8
"""A vendor that forgets keys after 24 h is trusted to know them for 80 % of that."""


class EffectState(StrEnum):
    """Where an effect stands."""

    PREPARED = "prepared"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NEEDS_OPERATOR = "needs_operator"


FINAL = frozenset({EffectState.SUCCEEDED, EffectState.REFUSED, EffectState.NEEDS_OPERATOR})


class Move(StrEnum):
    """What to do now."""

    SEND = "send"
    PROBE = "probe"
    WAIT = "wait"
    WITHDRAW = "withdraw"
    ASK_OPERATOR = "ask_operator"
    NOTHING = "nothing"


class Need(StrEnum):
    """Whether an effect is still wanted."""

    WANTED = "wanted"
    ON_HOLD = "on_hold"
    """A reason not to do it now; it may go on later."""
    OVER = "over"
    """Nobody wants it any more."""


@dataclass(frozen=True)
class Traits:
    """What the vendor offers when an answer was lost (see `hub.sdk.connector.EffectTraits`)."""

    key_retention: timedelta | None
    lookup: bool
    settle: timedelta


@dataclass(frozen=True)
class EffectFacts:
    """What is known of an effect."""

    state: EffectState
    sends: int
    first_sent_at: datetime | None
    settle_until: datetime | None
    probed_at: datetime | None
    probes_after_settle: int
    replay_refused: bool = False
    """The same key was refused after a lost answer: that says nothing about the lost one."""


@dataclass(frozen=True)
class NextMove:
    """What to do, why, and for a wait until when."""

    move: Move
    reason: str
    until: datetime | None = None


HELD_CHECK = timedelta(minutes=5)
"""How soon an effect on hold is looked at again, should nobody ring before."""


def next_move(
    effect: EffectFacts, traits: Traits, now: datetime, need: Need = Need.WANTED
) -> NextMove:
    """Decide the next move for an effect that no worker is in the middle of.

    What is on hold, or no longer wanted, is never sent: a replay of a call whose answer was lost
    would do it, had the first one not arrived. It is only looked for.
    """
    if effect.state in FINAL:
        return NextMove(Move.NOTHING, f"it is {effect.state}")
    if effect.state == EffectState.PREPARED:
        return _first_send(effect, now, need)
    return _resolve(effect, traits, now, need)


def _first_send(effect: EffectFacts, now: datetime, need: Need) -> NextMove:
    if need == Need.OVER:
        return NextMove(Move.WITHDRAW, "nobody needs it any more")
    if need == Need.ON_HOLD:
        return NextMove(Move.WAIT, "it is on hold", now + HELD_CHECK)
    if effect.sends >= MAX_SENDS:
        return NextMove(Move.ASK_OPERATOR, f"sent {effect.sends} times without an answer")
    reason = "it was proven not to have happened" if effect.sends else "it is due"
    return NextMove(Move.SEND, reason)


def _resolve(effect: EffectFacts, traits: Traits, now: datetime, need: Need) -> NextMove:
    if effect.sends < MAX_SENDS and _key_still_known(effect, traits, now):
        if need == Need.WANTED:
            return NextMove(Move.SEND, "the vendor answers the same key with the same result")
        if need == Need.ON_HOLD and not traits.lookup:
            return NextMove(Move.WAIT, "it is on hold", now + HELD_CHECK)
    if not traits.lookup:
        return NextMove(
            Move.ASK_OPERATOR,
            "the answer was lost, and the vendor can neither look it up nor replay the key",
        )
    if effect.probes_after_settle == 0:
        return _probe_now_or_at_settling(effect, now)
    assert effect.probed_at is not None
    second = effect.probed_at + PROBE_GAP
    if now >= second:
        return NextMove(Move.PROBE, "a second look, to be sure it is not there")
    return NextMove(Move.WAIT, "between two looks", second)


def _probe_now_or_at_settling(effect: EffectFacts, now: datetime) -> NextMove:
    assert effect.settle_until is not None
    if effect.probed_at is None or now >= effect.settle_until:
        return NextMove(Move.PROBE, "the answer was lost: look whether it happened")
    return NextMove(Move.WAIT, "the vendor may still apply it late", effect.settle_until)


def _key_still_known(effect: EffectFacts, traits: Traits, now: datetime) -> bool:
    if traits.key_retention is None or effect.first_sent_at is None or effect.replay_refused:
        return False
    return now - effect.first_sent_at < traits.key_retention * SAFE_SHARE_OF_RETENTION


def proven_absent(effect: EffectFacts, now: datetime) -> bool:
    """Say whether a probe that finds nothing now, after the settle window, was the second such."""
    settled = effect.settle_until is not None and now >= effect.settle_until
    return settled and effect.probes_after_settle >= 1
