"""What happens next to an outward call: the whole table, and that nothing happens twice."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.effects import (
    FINAL,
    MAX_SENDS,
    PROBE_GAP,
    SAFE_SHARE_OF_RETENTION,
    EffectFacts,
    EffectState,
    Move,
    Traits,
    next_move,
    proven_absent,
)

E, M = EffectState, Move
T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SETTLE = timedelta(minutes=15)

BARE = Traits(key_retention=None, lookup=False, settle=SETTLE)
KEYS = replace(BARE, key_retention=DAY)
LOOKUP = replace(BARE, lookup=True)
BOTH = replace(KEYS, lookup=True)

NEW = EffectFacts(E.PREPARED, 0, None, None, None, 0)
LOST = EffectFacts(E.UNKNOWN, 1, T0, T0 + SETTLE, None, 0)
"""Sent once at T0, and no answer."""
LOOKED = replace(LOST, probed_at=T0 + MINUTE)
"""Looked for once, before the vendor was sure to have applied it."""
LOOKED_LATE = replace(LOST, probed_at=T0 + SETTLE, probes_after_settle=1)

TABLE = [
    # what is known                                what is offered  when                next
    (NEW, BARE, T0, M.SEND),
    (replace(NEW, sends=1), BARE, T0, M.SEND),
    (replace(NEW, sends=MAX_SENDS), BOTH, T0, M.ASK_OPERATOR),
    (LOST, BARE, T0, M.ASK_OPERATOR),
    (LOST, KEYS, T0, M.SEND),
    (LOST, KEYS, T0 + 0.79 * DAY, M.SEND),
    (LOST, KEYS, T0 + 0.8 * DAY, M.ASK_OPERATOR),
    (replace(LOST, sends=MAX_SENDS), KEYS, T0, M.ASK_OPERATOR),
    (LOST, LOOKUP, T0, M.PROBE),
    (LOOKED, LOOKUP, T0 + 2 * MINUTE, M.WAIT),
    (LOOKED, LOOKUP, T0 + SETTLE, M.PROBE),
    (LOOKED_LATE, LOOKUP, T0 + SETTLE, M.WAIT),
    (LOOKED_LATE, LOOKUP, T0 + SETTLE + PROBE_GAP, M.PROBE),
    (LOST, BOTH, T0, M.SEND),
    (LOST, BOTH, T0 + DAY, M.PROBE),
    (replace(LOST, sends=MAX_SENDS), BOTH, T0, M.PROBE),
    *((replace(LOST, state=state), BOTH, T0, M.NOTHING) for state in FINAL),
]  # fmt: skip


@pytest.mark.parametrize(("effect", "traits", "now", "expected"), TABLE)
def test_the_next_move(effect: EffectFacts, traits: Traits, now: datetime, expected: Move) -> None:
    answer = next_move(effect, traits, now)
    assert answer.move == expected
    assert answer.reason


def every_situation() -> list[tuple[EffectFacts, Traits, datetime]]:
    probes = [(None, 0), (T0 + MINUTE, 0), (T0 + SETTLE, 1), (T0 + SETTLE + PROBE_GAP, 2)]
    nows = [T0, T0 + SETTLE, T0 + SETTLE + PROBE_GAP, T0 + 0.8 * DAY, T0 + 2 * DAY]
    return [
        (EffectFacts(state, sends, T0, T0 + SETTLE, probed, after), traits, now)
        for state, sends, (probed, after), traits, now in product(
            E, range(MAX_SENDS + 2), probes, (BARE, KEYS, LOOKUP, BOTH), nows
        )
        if sends or state == E.PREPARED
    ]


def test_an_unknown_call_is_sent_again_only_while_its_key_is_surely_known() -> None:
    for effect, traits, now in every_situation():
        if effect.state in (E.UNKNOWN, E.SENT) and next_move(effect, traits, now).move == M.SEND:
            assert traits.key_retention is not None
            assert now - T0 < traits.key_retention * SAFE_SHARE_OF_RETENTION
            assert effect.sends < MAX_SENDS


def test_nothing_is_looked_for_where_looking_is_not_offered() -> None:
    for effect, traits, now in every_situation():
        if next_move(effect, traits, now).move in (M.PROBE, M.WAIT):
            assert traits.lookup


def test_a_wait_says_until_when_and_that_lies_ahead() -> None:
    waits = [(now, move.until) for effect, traits, now in every_situation()
             if (move := next_move(effect, traits, now)).move == M.WAIT]  # fmt: skip
    assert waits
    assert all(until is not None and until > now for now, until in waits)


def test_only_a_second_look_after_settling_proves_that_it_is_not_there() -> None:
    late = T0 + SETTLE
    assert not proven_absent(LOST, T0)
    assert not proven_absent(LOOKED, late)
    assert not proven_absent(LOOKED_LATE, late - MINUTE)
    assert proven_absent(LOOKED_LATE, late + PROBE_GAP)


# --- a whole life, with a vendor that loses answers and is slow to apply ------------------------


@dataclass
class Vendor:
    """Applies each send after a delay, once per key while it remembers keys; answers get lost."""

    traits: Traits
    applied: list[datetime] = field(default_factory=list)

    def send(self, now: datetime, does_it: bool, delay: timedelta) -> None:
        retention = self.traits.key_retention
        known = retention is not None and any(now - at < retention for at in self.applied)
        if does_it and not known:
            self.applied.append(now + delay)

    def shows(self, now: datetime) -> bool:
        return any(at <= now for at in self.applied)


def after_send(effect: EffectFacts, traits: Traits, now: datetime) -> EffectFacts:
    return EffectFacts(
        E.UNKNOWN, effect.sends + 1, effect.first_sent_at or now, now + traits.settle, None, 0
    )


def after_empty_probe(effect: EffectFacts, now: datetime) -> EffectFacts:
    if proven_absent(effect, now):
        return replace(effect, state=E.PREPARED)
    assert effect.settle_until is not None
    late = effect.probes_after_settle + (now >= effect.settle_until)
    return replace(effect, probed_at=now, probes_after_settle=late)


MISHAPS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 14), st.integers(0, 400)), min_size=40, max_size=40
)


@given(st.sampled_from([BARE, KEYS, LOOKUP, BOTH]), MISHAPS)
def test_whatever_is_lost_and_however_late_it_happens_at_most_once(
    traits: Traits, mishaps: list[tuple[bool, int, int]]
) -> None:
    vendor, effect, now = Vendor(traits), NEW, T0
    for does_it, delay_min, pause_min in mishaps:
        move = next_move(effect, traits, now)
        if move.move == M.SEND:
            vendor.send(now, does_it, delay_min * MINUTE)
            effect = after_send(effect, traits, now)
        elif move.move == M.PROBE:
            if vendor.shows(now):
                break
            effect = after_empty_probe(effect, now)
        elif move.move == M.ASK_OPERATOR:
            break
        now = move.until or now + pause_min * MINUTE
    assert len(vendor.applied) <= 1
