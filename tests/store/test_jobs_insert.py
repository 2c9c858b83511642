"""T1 and T2: owed work is a row, and one row where one is enough."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hub.store.jobs import JobDraft, JobState, insert_jobs
from hub.store.jobs.draft import RUNG_AT_MOST
from hub.store.unit_of_work import Store
from tests.store.job_rows import (
    RecordingBell,
    at,
    attempts,
    claim,
    draft,
    force,
    owe,
    owe_one,
    row,
    rows,
    start,
)


def test_a_job_is_owed_from_the_commit_of_its_cause_on(store: Store) -> None:
    job_id = owe_one(store, subject="order-1", payload={"order": "1"}, priority=7)
    job = row(store, job_id)
    assert (job.state, job.run_at, job.attempt, job.token) == ("ready", store.clock(), 0, 0)
    assert (job.payload, job.priority, job.subject) == ({"order": "1"}, 7, "order-1")


def test_a_cause_that_rolls_back_owes_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.unit_of_work() as unit:
        insert_jobs(unit, [draft()])
        raise RuntimeError("the cause failed")
    assert rows(store) == []


def test_a_payload_that_is_more_than_ids_is_refused() -> None:
    with pytest.raises(ValueError, match="4096"):
        draft(payload={"note": "x" * 4096})


def test_a_job_for_a_queue_that_nobody_serves_is_refused() -> None:
    with pytest.raises(ValueError, match="intake, orders"):
        JobDraft(kind="route", queue="elsewhere")


@pytest.mark.parametrize("state", [JobState.READY, JobState.HELD, JobState.WAITING])
def test_a_pending_job_takes_the_earlier_time_and_the_higher_urgency(
    store: Store, state: JobState
) -> None:
    first = owe_one(store, coalesce_key="k", run_at=at(store, 60), priority=50)
    force(store, first, state=state)
    again = owe_one(store, coalesce_key="k", run_at=at(store, 30), priority=90)
    assert again == first
    late = owe_one(store, coalesce_key="k", run_at=at(store, 90), priority=10)
    assert late == first
    (only,) = rows(store)
    assert (only.state, only.run_at, only.priority) == (state, at(store, 30), 10)


@pytest.mark.parametrize(
    "state",
    ["running", "succeeded", "dead", "cancelled", "superseded"],
)  # fmt: skip
def test_a_job_that_has_started_or_ended_is_not_joined(store: Store, state: str) -> None:
    first = owe_one(store, coalesce_key="k")
    force(store, first, state=state)
    assert owe_one(store, coalesce_key="k") != first
    assert len(rows(store)) == 2


def test_drafts_of_one_batch_join_each_other(store: Store) -> None:
    ids = owe(
        store,
        draft(coalesce_key="a", run_at=at(store, 9)),
        draft(),
        draft(coalesce_key="a", run_at=at(store, 5)),
        draft(coalesce_key="b"),
    )
    assert ids[0] == ids[2] and len(set(ids)) == 3
    assert row(store, ids[0]).run_at == at(store, 5)


def test_a_reaction_is_written_once_per_event_and_kind(store: Store) -> None:
    (first,) = owe(store, draft(event_id="e1"))
    assert owe(store, draft(event_id="e1")) == []
    (other,) = owe(store, draft(event_id="e1", kind="verify"))
    assert [job.id for job in rows(store)] == [first, other]


def test_a_coalesced_reaction_is_written_once_per_event_even_after_its_end(store: Store) -> None:
    (first,) = owe(store, draft(event_id="e1", coalesce_key="k"))
    force(store, first, state="succeeded")
    assert owe(store, draft(event_id="e1", coalesce_key="k")) == []
    assert len(owe(store, draft(event_id="e2", coalesce_key="k"))) == 1


def test_eight_threads_over_ten_keys_leave_ten_pending_rows_with_the_earliest_times(
    store: Store,
) -> None:
    def insert_some(thread: int) -> None:
        for n in range(20):
            owe_one(store, coalesce_key=f"k{n % 10}", run_at=at(store, 100 - thread - n // 10))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(insert_some, range(8)))
    assert {job.coalesce_key for job in rows(store)} == {f"k{n}" for n in range(10)}
    assert [job.run_at for job in rows(store)] == [at(store, 92)] * 10


def test_a_change_during_a_run_makes_exactly_one_pending_twin(store: Store) -> None:
    start(store, coalesce_key="k")
    twins = {owe_one(store, coalesce_key="k") for _ in range(5)}
    assert len(twins) == 1 and len(rows(store)) == 2


def test_the_bell_rings_after_the_commit_for_due_jobs_in_their_order(store: Store) -> None:
    store.bell = bell = RecordingBell()
    first, late, second = owe(store, draft(), draft(run_at=at(store, 1)), draft())
    assert bell.rung == [first, second]
    assert [row(store, i).dispatch_count for i in (first, late, second)] == [1, 0, 1]
    assert row(store, first).dispatched_at == store.clock()


def test_a_pending_job_that_becomes_due_by_joining_is_rung_for_once(store: Store) -> None:
    store.bell = bell = RecordingBell()
    job_id = owe_one(store, coalesce_key="k", run_at=at(store, 60))
    owe_one(store, coalesce_key="k")
    owe_one(store, coalesce_key="k")
    assert bell.rung == [job_id]


def test_a_silent_bell_leaves_the_job_to_the_relay(store: Store) -> None:
    assert row(store, owe_one(store)).dispatched_at is None


def test_a_flood_is_rung_for_in_part_and_left_to_the_relay(store: Store) -> None:
    store.bell = bell = RecordingBell()
    ids = owe(store, *[draft() for _ in range(RUNG_AT_MOST + 10)])
    assert bell.rung == ids[:RUNG_AT_MOST]
    assert row(store, ids[-1]).dispatched_at is None


def test_a_page_of_jobs_is_written_in_order(store: Store) -> None:
    ids = owe(store, *[draft(subject=str(n)) for n in range(300)])
    assert [job.id for job in rows(store)] == ids == sorted(ids)
    assert [job.subject for job in rows(store)] == [str(n) for n in range(300)]


def test_no_attempt_is_on_record_before_a_claim(store: Store) -> None:
    job_id = owe_one(store)
    assert attempts(store, job_id) == []
    claimed: Any = claim(store, job_id, "boot1:t1")
    (attempt,) = attempts(store, job_id)
    assert (attempt.token, attempt.worker, attempt.ended_at) == (claimed.token, "boot1:t1", None)
