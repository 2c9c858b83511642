"""T17–T20 and T22: work that is no longer wanted, who said so and why."""

from typing import Any

import pytest
from sqlalchemy import select

from hub.store import tables
from hub.store.jobs import (
    Cancelled,
    JobRefusedError,
    JobState,
    RunningJob,
    asked_to_stop,
    cancel,
    claim,
    dismiss,
    heal_dead,
    retry_later,
    stop_if_asked,
    supersede,
)
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import WORKER, attempts, connect, force, owe_one, row, start

PENDING = ["ready", "held", "waiting"]
NOT_DEAD = [state for state in JobState if state is not JobState.DEAD]
OVER = ["succeeded", "dead", "cancelled", "superseded"]


def acts(store: Store, job_id: str) -> list[tuple[str, str, str]]:
    act = tables.job_act
    with store.reading() as connection:
        found = connection.execute(select(act).where(act.c.job_id == job_id).order_by(act.c.id))
        return [(one.transition, one.by, one.reason) for one in found]


def ask(store: Store, job_id: str) -> JobState:
    with store.unit_of_work() as unit:
        return cancel(unit, job_id, "ada", "not wanted")


def effect(store: Store, state: str, job_id: str | None = None) -> str:
    """Write an effect in a state."""
    connect(store, "carrier")
    with store.unit_of_work() as unit:
        unit.execute(
            tables.effect.insert().values(
                id="effect-1", kind="label", connection_id="carrier", key="k", subject_id="s",
                state=state, job_id=job_id, created_at=unit.now, updated_at=unit.now,
            )
        )  # fmt: skip
    return "effect-1"


# --- T17 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", PENDING)
def test_what_has_not_started_is_cancelled_with_name_and_reason(store: Store, state: str) -> None:
    job_id = owe_one(store)
    force(store, job_id, state=state)
    assert ask(store, job_id) == "cancelled"
    found = row(store, job_id)
    assert (found.state, found.finished_at) == ("cancelled", store.clock())
    assert acts(store, job_id) == [("T17", "ada", "not wanted")]
    assert claim(store, job_id, WORKER) is None


@pytest.mark.parametrize("state", OVER)
def test_what_is_over_cannot_be_cancelled(store: Store, state: str) -> None:
    job_id = owe_one(store)
    force(store, job_id, state=state)
    before = row(store, job_id)
    with pytest.raises(JobRefusedError, match=state):
        ask(store, job_id)
    assert row(store, job_id) == before and acts(store, job_id) == []


@pytest.mark.parametrize("state", ["prepared", "sent", "unknown"])
@pytest.mark.parametrize("how", [ask, lambda store, job_id: let_go(store, job_id)])
def test_a_job_whose_effect_is_undecided_is_not_left_to_nobody(
    store: Store, state: str, how: Any
) -> None:
    job_id = owe_one(store, subject=effect(store, state))
    force(store, job_id, state="dead" if how is not ask else "ready")
    with pytest.raises(JobRefusedError, match="not decided"):
        how(store, job_id)
    assert acts(store, job_id) == []


def test_a_decided_effect_lets_its_job_go(store: Store) -> None:
    job_id = owe_one(store, subject=effect(store, "refused"))
    assert ask(store, job_id) == "cancelled"


def test_a_job_that_has_a_call_of_another_effect_under_way_stays(store: Store) -> None:
    job_id = owe_one(store)
    effect(store, "unknown", job_id)
    with pytest.raises(JobRefusedError):
        ask(store, job_id)


# --- T18, T19 -------------------------------------------------------------------------------------


def running_and_asked(store: Store, **fields: Any) -> RunningJob:
    job = start(store, **fields)
    assert ask(store, job.id) == "running"
    return job


def test_what_runs_is_asked_and_stops_only_at_a_safe_point(store: Store) -> None:
    job = running_and_asked(store)
    assert (row(store, job.id).state, row(store, job.id).cancel_requested) == ("running", True)
    job.safe_point()  # nobody has told it yet
    with store.unit_of_work() as unit:
        assert asked_to_stop(unit, [job]) == [job]
    job.pulse.cancelled.set()
    with pytest.raises(Cancelled):
        job.safe_point()
    with store.unit_of_work() as unit:
        job.guard(unit)  # what is under way may still be recorded
        assert stop_if_asked(unit, job)
    assert (row(store, job.id).state, row(store, job.id).lease_owner) == ("cancelled", None)
    assert [one.transition for one in attempts(store, job.id)] == ["T19"]
    assert acts(store, job.id) == [("T18", "ada", "not wanted")]


def test_a_job_that_was_asked_too_late_has_succeeded(store: Store) -> None:
    job = running_and_asked(store)
    with store.unit_of_work() as unit:
        job.finish(unit)
    assert row(store, job.id).state == "succeeded"


def test_nobody_stops_a_job_unasked(store: Store) -> None:
    job = start(store)
    with store.unit_of_work() as unit:
        assert asked_to_stop(unit, [job]) == [] and not stop_if_asked(unit, job)
    assert row(store, job.id).state == "running"


def test_a_zombie_cannot_stop_its_heirs_job(store: Store) -> None:
    job = running_and_asked(store)
    force(store, job.id, token=job.token + 1)
    with store.unit_of_work() as unit:
        assert not stop_if_asked(unit, job)
    assert row(store, job.id).state == "running"


def test_a_job_whose_call_got_no_answer_is_not_told_to_stop(store: Store) -> None:
    job = running_and_asked(store)
    effect(store, "unknown", job.id)
    with store.unit_of_work() as unit:
        assert asked_to_stop(unit, [job]) == [] and not stop_if_asked(unit, job)


def test_one_that_was_asked_and_came_back_is_told_when_it_is_claimed(
    store: Store, clock: SettableClock
) -> None:
    job = running_and_asked(store)
    with store.unit_of_work() as unit:
        retry_later(unit, job, unit.now, "transient", "down")
    again = claim(store, job.id, WORKER)
    assert again is not None
    with pytest.raises(Cancelled):
        again.safe_point()


# --- T20 ------------------------------------------------------------------------------------------


def test_a_newer_fact_supersedes_what_has_not_started_of_its_kinds_and_subject(
    store: Store,
) -> None:
    jobs = {state: owe_one(store, subject="order-1") for state in JobState}
    for state, job_id in jobs.items():
        force(store, job_id, state=state)
    other, elsewhere = (
        owe_one(store, subject="order-2"),
        owe_one(store, kind="x", subject="order-1"),
    )
    newer = owe_one(store, subject="order-1")
    with store.unit_of_work() as unit:
        ended = supersede(unit, ["route"], "order-1", "cancel_order", "cancelled", newer)
    assert set(ended) == {jobs[JobState.READY], jobs[JobState.HELD]}
    for job_id in ended:
        assert (row(store, job_id).state, row(store, job_id).superseded_by) == ("superseded", newer)
        assert acts(store, job_id) == [("T20", "cancel_order", "cancelled")]
    assert {row(store, job_id).state for job_id in (other, elsewhere, newer)} == {"ready"}


def test_a_job_with_an_undecided_effect_is_not_superseded(store: Store) -> None:
    owe_one(store, subject=effect(store, "unknown"))
    with store.unit_of_work() as unit:
        assert supersede(unit, ["route"], "effect-1", "hub", "newer") == []


def test_a_look_that_succeeds_heals_the_dead_ones_of_its_kind_and_subject(store: Store) -> None:
    jobs = {state: owe_one(store, subject="shop-1") for state in JobState}
    for state, job_id in jobs.items():
        force(store, job_id, state=state)
    other, elsewhere = owe_one(store, subject="shop-2"), owe_one(store, kind="x", subject="shop-1")
    for job_id in (other, elsewhere):
        force(store, job_id, state="dead")
    later = start(store, subject="shop-1")
    with store.unit_of_work() as unit:
        assert heal_dead(unit, later) == [jobs[JobState.DEAD]]
        assert heal_dead(unit, later) == []
    healed = row(store, jobs[JobState.DEAD])
    assert (healed.state, healed.superseded_by) == ("superseded", later.id)
    assert acts(store, healed.id) == [("T20", "hub", "a later route succeeded")]
    assert {row(store, one).state for one in (other, elsewhere)} == {"dead"}
    assert row(store, jobs[JobState.READY]).state == "ready"


def test_a_dead_job_with_an_undecided_effect_is_not_healed(store: Store) -> None:
    dead = owe_one(store, subject=effect(store, "unknown"))
    force(store, dead, state="dead")
    later = start(store, subject="effect-1")
    with store.unit_of_work() as unit:
        assert heal_dead(unit, later) == []


# --- T22 ------------------------------------------------------------------------------------------


def let_go(store: Store, job_id: str, reason: str = "sold the shop") -> None:
    with store.unit_of_work() as unit:
        dismiss(unit, job_id, "ada", reason)


def test_a_dead_job_is_dismissed_with_a_written_reason(store: Store) -> None:
    job_id = owe_one(store)
    force(store, job_id, state="dead", last_error_text="no such parcel")
    with pytest.raises(JobRefusedError, match="say why"):
        let_go(store, job_id, "  ")
    let_go(store, job_id)
    found = row(store, job_id)
    assert (found.state, found.last_error_text) == ("cancelled", "no such parcel")
    assert acts(store, job_id) == [("T22", "ada", "sold the shop")]


@pytest.mark.parametrize("state", NOT_DEAD)
def test_only_the_dead_are_dismissed(store: Store, state: str) -> None:
    job_id = owe_one(store)
    force(store, job_id, state=state)
    before = row(store, job_id)
    with pytest.raises(JobRefusedError):
        let_go(store, job_id)
    assert row(store, job_id) == before


def test_a_job_that_is_not_there_cannot_be_cancelled(store: Store) -> None:
    for how in (ask, let_go):
        with pytest.raises(JobRefusedError, match="no job"):
            how(store, "ghost")
