"""An effect that is held, or that nobody wants any more, is looked for and never sent."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.effects import EffectFacts, EffectState, Move, Need, Traits, next_move

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
KEY_ONLY = Traits(DAY, lookup=False, settle=timedelta(minutes=15))
LOOKUP = Traits(None, lookup=True, settle=timedelta(minutes=15))
BOTH = Traits(DAY, lookup=True, settle=timedelta(minutes=15))


def effect(state: EffectState, replay_refused: bool = False) -> EffectFacts:
    sent = NOW - timedelta(minutes=1) if state != EffectState.PREPARED else None
    settle = NOW + timedelta(minutes=14) if sent else None
    return EffectFacts(state, int(sent is not None), sent, settle, None, 0, replay_refused)


@pytest.mark.parametrize(
    ("need", "move"),
    [(Need.WANTED, Move.SEND), (Need.ON_HOLD, Move.WAIT), (Need.OVER, Move.WITHDRAW)],
)
def test_what_was_never_sent_goes_waits_or_is_withdrawn(need: Need, move: Move) -> None:
    assert next_move(effect(EffectState.PREPARED), BOTH, NOW, need).move == move


@pytest.mark.parametrize(
    ("traits", "need", "move"),
    [
        (KEY_ONLY, Need.WANTED, Move.SEND),
        (KEY_ONLY, Need.ON_HOLD, Move.WAIT),
        (KEY_ONLY, Need.OVER, Move.ASK_OPERATOR),
        (BOTH, Need.ON_HOLD, Move.PROBE),
        (BOTH, Need.OVER, Move.PROBE),
        (LOOKUP, Need.OVER, Move.PROBE),
    ],
)
def test_a_lost_answer_is_replayed_only_for_what_is_wanted(
    traits: Traits, need: Need, move: Move
) -> None:
    assert next_move(effect(EffectState.UNKNOWN), traits, NOW, need).move == move


def test_a_held_effect_whose_key_was_forgotten_is_a_persons() -> None:
    late = NOW + DAY
    assert next_move(effect(EffectState.UNKNOWN), KEY_ONLY, late, Need.ON_HOLD).move == (
        Move.ASK_OPERATOR
    )


@pytest.mark.parametrize(("traits", "move"), [(KEY_ONLY, Move.ASK_OPERATOR), (BOTH, Move.PROBE)])
def test_a_repeat_that_was_refused_is_not_repeated_again(traits: Traits, move: Move) -> None:
    assert next_move(effect(EffectState.UNKNOWN, replay_refused=True), traits, NOW).move == move
