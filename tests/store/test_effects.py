"""Effects: the key is there before the call, and nobody moves one that another has moved."""

from datetime import timedelta

import pytest

from hub.domain.effects import FINAL, EffectState
from hub.store import effects, tables
from hub.store.effects import Effect, EffectMovedError, get_effect
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows, connect

E = EffectState
SETTLE = timedelta(minutes=15)


def owe(store: Store, key: str = "label:1") -> str:
    shop = all_rows(store, tables.connection)
    connection_id = shop[0].id if shop else connect(store)
    with store.unit_of_work() as unit:
        effect_id = effects.prepare(unit, "label", connection_id, key, "shipment-1")
    assert effect_id is not None
    return effect_id


def read(store: Store, effect_id: str) -> Effect:
    with store.reading() as database:
        return get_effect(database, effect_id)


def send(store: Store, effect: Effect, job: str = "job-1", request: bytes = b"request") -> None:
    with store.unit_of_work() as unit:
        effects.mark_sent(unit, effect, job, request, SETTLE)


def sent(store: Store) -> str:
    effect_id = owe(store)
    send(store, read(store, effect_id))
    return effect_id


def lost(store: Store) -> str:
    effect_id = sent(store)
    with store.unit_of_work() as unit:
        effects.mark_unknown(unit, effect_id, "timeout")
    return effect_id


def history(store: Store, effect_id: str) -> list[tuple[str, str]]:
    rows = all_rows(store, tables.effect_event, effect_id=effect_id)
    return [(row.from_state, row.to_state) for row in sorted(rows, key=lambda row: row.id)]


def test_a_key_is_owed_once(store: Store) -> None:
    effect_id = owe(store)
    shop = read(store, effect_id).connection_id
    with store.unit_of_work() as unit:
        assert effects.prepare(unit, "label", shop, "label:1", "shipment-1") is None
        assert effects.prepare(unit, "label", shop, "label:2", "shipment-1") is not None
    assert len(all_rows(store, tables.effect)) == 2


def test_before_the_call_it_is_committed_what_is_sent_and_when(
    store: Store, clock: SettableClock
) -> None:
    effect = read(store, sent(store))
    assert effect.request_hash == b"request"
    assert (effect.facts.state, effect.facts.sends) == (E.SENT, 1)
    assert effect.facts.first_sent_at == clock.now
    assert effect.facts.settle_until == clock.now + SETTLE


def test_a_success_keeps_the_vendor_s_name_for_it_and_every_step_is_noted(store: Store) -> None:
    effect_id = sent(store)
    with store.unit_of_work() as unit:
        effects.mark_succeeded(unit, effect_id, "L-1", "the vendor answered")
    assert (read(store, effect_id).vendor_ref, read(store, effect_id).facts.state) == (
        "L-1", E.SUCCEEDED,
    )  # fmt: skip
    assert history(store, effect_id) == [
        ("", "prepared"), ("prepared", "sent"), ("sent", "succeeded"),
    ]  # fmt: skip


def test_what_another_has_sent_is_not_sent_from_an_old_look(store: Store) -> None:
    effect_id = owe(store)
    seen_by_both = read(store, effect_id)
    send(store, seen_by_both, "job-1")
    with pytest.raises(EffectMovedError):
        send(store, seen_by_both, "job-2")
    assert read(store, effect_id).facts.sends == 1
    assert len(history(store, effect_id)) == 2


def test_an_old_look_is_refused_even_when_the_state_has_come_round_again(store: Store) -> None:
    effect_id = lost(store)
    old = read(store, effect_id)
    send(store, old)
    with store.unit_of_work() as unit:
        effects.mark_unknown(unit, effect_id, "timeout again")
    with pytest.raises(EffectMovedError), store.unit_of_work() as unit:
        effects.note_probe(unit, old, "looked")


@pytest.mark.parametrize("late", ["refused", "unknown", "not_sent"])
def test_a_late_answer_never_undoes_what_is_settled(store: Store, late: str) -> None:
    effect_id = sent(store)
    with store.unit_of_work() as unit:
        effects.mark_succeeded(unit, effect_id, "L-1", "found by looking")
    with pytest.raises(EffectMovedError), store.unit_of_work() as unit:
        getattr(effects, f"mark_{late}")(unit, effect_id, "the first worker woke up")
    assert read(store, effect_id).facts.state == E.SUCCEEDED


def test_a_call_that_provably_never_left_counts_as_no_send(store: Store) -> None:
    effect_id = sent(store)
    with store.unit_of_work() as unit:
        effects.mark_not_sent(unit, effect_id, "connection refused")
    assert (read(store, effect_id).facts.state, read(store, effect_id).facts.sends) == (
        E.PREPARED, 0,
    )  # fmt: skip


def test_a_process_that_dies_in_a_call_leaves_it_unknown(store: Store) -> None:
    in_call, settled, waiting = sent(store), owe(store, "label:2"), owe(store, "label:3")
    send(store, read(store, settled), "job-1")
    with store.unit_of_work() as unit:
        effects.mark_succeeded(unit, settled, "L-2", "")
        effects.sent_by_jobs_to_unknown(unit, ["job-1", "job-9"])
    states = [read(store, one).facts.state for one in (in_call, settled, waiting)]
    assert states == [E.UNKNOWN, E.SUCCEEDED, E.PREPARED]


def test_the_calls_of_other_jobs_are_left_alone(store: Store) -> None:
    effect_id = sent(store)
    with store.unit_of_work() as unit:
        effects.sent_by_jobs_to_unknown(unit, ["job-2"])
    assert read(store, effect_id).facts.state == E.SENT


def test_only_looks_after_the_settle_window_count(store: Store, clock: SettableClock) -> None:
    effect_id = lost(store)
    for seconds, counted in ((0, 0), (SETTLE.total_seconds(), 1), (60, 2)):
        clock.advance(seconds)
        with store.unit_of_work() as unit:
            effects.note_probe(unit, read(store, effect_id), "looked, it is not there")
        assert read(store, effect_id).facts.probes_after_settle == counted
        assert read(store, effect_id).facts.probed_at == clock.now


def test_a_new_send_forgets_the_looks_but_not_the_first_send(
    store: Store, clock: SettableClock
) -> None:
    effect_id, first = lost(store), clock.now
    clock.advance(3600)
    with store.unit_of_work() as unit:
        effects.note_probe(unit, read(store, effect_id), "looked")
    with store.unit_of_work() as unit:
        effects.mark_absent(unit, read(store, effect_id))
    send(store, read(store, effect_id))
    facts = read(store, effect_id).facts
    assert (facts.sends, facts.probes_after_settle, facts.probed_at) == (2, 0, None)
    assert (facts.first_sent_at, facts.settle_until) == (first, clock.now + SETTLE)


def test_a_person_may_open_again_what_was_given_to_them(store: Store) -> None:
    effect_id = lost(store)
    with store.unit_of_work() as unit:
        effects.mark_needs_operator(unit, read(store, effect_id), "nobody can tell")
    assert read(store, effect_id).facts.state in FINAL
    with store.unit_of_work() as unit:
        effects.reopen(unit, read(store, effect_id), "asked the vendor by phone")
    assert (read(store, effect_id).facts.state, read(store, effect_id).facts.sends) == (
        E.PREPARED, 0,
    )  # fmt: skip
