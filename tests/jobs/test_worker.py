"""One job from its id to its outcome, in the calling thread."""

from collections.abc import Callable

import pytest

from hub.jobs.heartbeat import beat_once
from hub.jobs.idle import run_until_idle
from hub.jobs.relay import relay_once
from hub.sdk.errors import (
    AccountStoppedError,
    AuthError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from hub.store.connections import set_writes
from hub.store.jobs import (
    Cancelled,
    JobResult,
    Retry,
    RunningJob,
    Wait,
    cancel,
    insert_jobs,
    reap_expired,
    resume_connection_jobs,
    wake,
)
from hub.store.schedules import put_schedule
from hub.store.unit_of_work import Store
from tests.jobs.kinds import worker
from tests.store.conftest import SettableClock
from tests.store.job_rows import (
    Crashes,
    at,
    attempts,
    connect,
    connection_row,
    draft,
    force,
    owe,
    owe_one,
    row,
    rows,
)


def failing(*errors: Exception) -> Callable[[RunningJob], None]:
    """A handler that raises these errors in turn and then succeeds."""
    left = list(errors)

    def handler(job: RunningJob) -> None:
        if left:
            raise left.pop(0)

    return handler


@pytest.mark.parametrize(
    ("is_look", "outcome", "then"),
    [(True, "no_change", "superseded"), (True, "partial", "dead"), (False, "ok", "dead")],
)
def test_a_whole_look_heals_those_that_died_before_it_and_other_work_does_not(
    store: Store, is_look: bool, outcome: str, then: str
) -> None:
    gone = owe_one(store, subject="shop-1")
    worker(store, failing(RejectedError("moved permanently"))).run(gone, "t1")
    assert row(store, gone).state == "dead"
    looks = worker(store, lambda job: JobResult(outcome), is_look=is_look)
    looks.run(owe_one(store, subject="shop-1"), "t1")
    assert (row(store, gone).state, row(store, gone).last_error_text) == (then, "moved permanently")


def test_a_handler_that_returns_ends_its_job_well(store: Store) -> None:
    job_id = owe_one(store)
    assert run_until_idle(worker(store, lambda job: None)) == 1
    assert (row(store, job_id).state, row(store, job_id).outcome) == ("succeeded", "ok")


def test_a_result_is_kept(store: Store) -> None:
    job_id = owe_one(store)
    run_until_idle(worker(store, lambda job: JobResult("no_change", {"seen": 4})))
    assert (row(store, job_id).outcome, row(store, job_id).counters) == ("no_change", {"seen": 4})


def test_a_handler_may_finish_in_its_own_unit_and_owe_the_next_step_there(store: Store) -> None:
    job_id = owe_one(store)

    def handler(job: RunningJob) -> None:
        if job.subject == "next":
            return
        with store.unit_of_work() as unit:
            insert_jobs(unit, [draft(subject="next")])
            job.finish(unit, "partial")

    assert run_until_idle(worker(store, handler)) == 2
    assert row(store, job_id).outcome == "partial"
    assert [a.transition for a in attempts(store, job_id)] == ["T7"]


def test_a_finish_that_rolled_back_is_no_finish(store: Store) -> None:
    job_id = owe_one(store)

    def handler(job: RunningJob) -> None:
        with store.unit_of_work() as unit:
            job.finish(unit)
            raise TransientError("the commit never came")

    relay_once(store, {}, Crashes())
    worker(store, handler).run(job_id, "main")
    assert (row(store, job_id).state, row(store, job_id).last_error_class) == ("ready", "transient")


def test_a_swallowed_rollback_still_ends_in_one_success(store: Store) -> None:
    job_id = owe_one(store)

    def handler(job: RunningJob) -> None:
        try:
            with store.unit_of_work() as unit:
                job.finish(unit, "partial")
                raise ValueError("swallowed below")
        except ValueError:
            pass

    run_until_idle(worker(store, handler))
    assert (row(store, job_id).state, row(store, job_id).outcome) == ("succeeded", "ok")


def test_a_failing_job_is_tried_again_with_growing_pauses(
    store: Store, clock: SettableClock
) -> None:
    job_id = owe_one(store)
    handler = failing(TransientError("down"), TransientError("down"), KeyError("a fault"))
    started = store.clock()
    ran = run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    assert ran == 4
    classes = [attempt.error_class for attempt in attempts(store, job_id)]
    assert classes == ["transient", "transient", "internal", ""]
    assert (clock.now - started).total_seconds() == 7.5 + 15 + 30
    assert row(store, job_id).last_error_text == ""


def test_a_job_that_never_succeeds_dies_with_its_reason(store: Store, clock: SettableClock) -> None:
    job_id = owe_one(store, max_attempts=3)
    handler = failing(*[TransientError("down")] * 9)
    ran = run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    assert ran == 3
    assert row(store, job_id).state == "dead"
    assert row(store, job_id).last_error_text == "given up after 3 attempts: down"


def test_a_rate_limit_uses_no_attempt(store: Store, clock: SettableClock) -> None:
    job_id = owe_one(store, max_attempts=2)
    handler = failing(*[RateLimitedError("429", 30)] * 5)
    run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    assert (row(store, job_id).state, row(store, job_id).attempt) == ("succeeded", 1)


def test_a_refusal_is_not_repeated(store: Store) -> None:
    job_id = owe_one(store)
    assert run_until_idle(worker(store, failing(RejectedError("no such parcel")))) == 1
    assert (row(store, job_id).state, row(store, job_id).last_error_text) == (
        "dead", "no such parcel",
    )  # fmt: skip


def test_a_kind_that_nobody_handles_dies_with_a_sentence(store: Store) -> None:
    job_id = owe_one(store, kind="ghost")
    run_until_idle(worker(store, lambda job: None))
    assert (row(store, job_id).state, row(store, job_id).last_error_text) == (
        "dead", "this hub has no handler for jobs of kind 'ghost'",
    )  # fmt: skip


def test_one_refusal_of_credentials_is_tried_again(store: Store, clock: SettableClock) -> None:
    connect(store)
    job_id = owe_one(store, connection_id="shop")
    handler = failing(AuthError("401"))
    run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    assert row(store, job_id).state == "succeeded"
    assert connection_row(store).state == "active"


def test_two_refusals_hold_the_connection_and_a_resume_brings_every_job_back(
    store: Store, clock: SettableClock
) -> None:
    connect(store)
    ids = owe(store, *[draft(connection_id="shop") for _ in range(5)])
    elsewhere = owe_one(store)
    valid: list[bool] = []
    calls = []

    def handler(job: RunningJob) -> None:
        if job.connection_id and not valid:
            calls.append(job.id)
            raise AuthError("401: key revoked")

    run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    assert len(calls) == 2
    shop = connection_row(store)
    assert (shop.state, shop.reason, shop.epoch) == ("needs_auth", "401: key revoked", 2)
    assert {row(store, job_id).state for job_id in ids} == {"held"}
    assert row(store, elsewhere).state == "succeeded"

    valid.append(True)
    with store.unit_of_work() as unit:
        unit.connection.exec_driver_sql("UPDATE connection SET state = 'active'")
        resume_connection_jobs(unit, "shop")
    run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    assert {row(store, job_id).state for job_id in ids} == {"succeeded"}


def test_a_stopped_account_pauses_the_connection_with_the_reason(
    store: Store, clock: SettableClock
) -> None:
    connect(store)
    ids = owe(store, *[draft(connection_id="shop") for _ in range(3)])
    calls = []

    def handler(job: RunningJob) -> None:
        calls.append(job.id)
        raise AccountStoppedError("402: the shop's plan is unpaid")

    run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    shop = connection_row(store)
    assert (shop.state, shop.reason) == ("paused", "402: the shop's plan is unpaid")
    assert len(calls) == 2
    assert {row(store, job_id).state for job_id in ids} == {"held"}


def test_a_zombie_handler_changes_nothing(store: Store, clock: SettableClock) -> None:
    job_id = owe_one(store)

    def overslept(job: RunningJob) -> None:
        clock.advance(61)
        with store.unit_of_work() as unit:
            reap_expired(unit, Crashes())
        run_until_idle(worker(store, lambda heir: JobResult("no_change")))

    relay_once(store, {}, Crashes())
    worker(store, overslept).run(job_id, "main")
    assert (row(store, job_id).outcome, row(store, job_id).token) == ("no_change", 2)
    assert [a.transition for a in attempts(store, job_id)] == ["T14", "T7"]


def test_the_heartbeat_keeps_the_heir_and_not_the_zombie_of_one_process(
    store: Store, clock: SettableClock
) -> None:
    owe_one(store)
    hands: list[RunningJob] = []

    def handler(job: RunningJob) -> None:
        hands.append(job)
        if job.token == 1:
            clock.advance(61)
            with store.unit_of_work() as unit:
                reap_expired(unit, Crashes())
            run_until_idle(crew, thread="heir")
            assert list(crew.in_hand.values()) == [job]
        else:
            assert [lost.token for lost in beat_once(crew)] == [1]

    crew = worker(store, handler)
    relay_once(store, {}, Crashes())
    crew.run(rows(store)[0].id, "main")
    assert [job.lost.is_set() for job in hands] == [True, False]
    assert crew.in_hand == {}


def test_an_interrupt_leaves_the_job_to_crash_recovery(store: Store) -> None:
    job_id = owe_one(store)

    def killed(job: RunningJob) -> None:
        raise KeyboardInterrupt

    crew = worker(store, killed)
    with pytest.raises(KeyboardInterrupt):
        run_until_idle(crew)
    assert row(store, job_id).state == "running" and crew.in_hand == {}


def test_messages_five_times_and_backwards_run_each_job_once(store: Store) -> None:
    ran: list[str] = []
    crew = worker(store, lambda job: ran.append(job.id))
    ids = owe(store, *[draft(subject=str(n)) for n in range(20)])
    for job_id in list(reversed(ids)) * 5:
        crew.run(job_id, "main")
    assert sorted(ran) == ids


def test_a_schedule_runs_on_as_the_clock_moves(store: Store, clock: SettableClock) -> None:
    seen = []
    crew = worker(store, lambda job: seen.append(store.clock()))
    with store.unit_of_work() as unit:
        put_schedule(unit, "sweep", "route", 60)
    started = store.clock()
    run_until_idle(
        crew,
        advance=lambda to: setattr(clock, "now", to),
        until=lambda: len(seen) == 4,
    )
    assert [(moment - started).total_seconds() for moment in seen] == [0, 60, 120, 180]


def test_the_work_ends_when_the_caller_has_what_it_wants(store: Store) -> None:
    ids = owe(store, *[draft() for _ in range(5)])
    run_until_idle(
        worker(store, lambda job: None), until=lambda: row(store, ids[1]).state != "ready"
    )
    assert [row(store, job_id).state == "succeeded" for job_id in ids] == [True] * 2 + [False] * 3


# --- the heartbeat --------------------------------------------------------------------------------


def test_a_heartbeat_keeps_a_long_job_and_tells_one_that_was_lost(
    store: Store, clock: SettableClock
) -> None:
    kept, stolen = owe_one(store), owe_one(store, subject="stolen")
    lost = {}

    def handler(job: RunningJob) -> None:
        clock.advance(40)
        if job.subject == "stolen":
            force(store, job.id, token=99)
        beat_once(crew)
        lost[job.id] = job.lost.is_set()
        if job.subject != "stolen":
            assert row(store, job.id).lease_until == at(store, 60)

    crew = worker(store, handler)
    run_until_idle(crew, until=lambda: len(lost) == 2)
    assert lost == {kept: False, stolen: True}
    assert row(store, kept).state == "succeeded"


def test_a_handler_that_gives_no_sign_of_life_is_given_up(
    store: Store, clock: SettableClock
) -> None:
    job_id = owe_one(store)
    leases = []

    def hangs(job: RunningJob) -> None:
        clock.advance(5)
        beat_once(crew)
        leases.append(row(store, job.id).lease_until)

    crew = worker(store, hangs, budget_s=-1.0)
    run_until_idle(crew)
    assert leases == [at(store, 55)] and len(rows(store)) == 1
    assert row(store, job_id).state == "succeeded"


def test_a_retry_policy_of_a_kind_reaches_its_drafts(store: Store) -> None:
    crew = worker(store, lambda job: None, retry=Retry(max_attempts=7, deadline_s=100), priority=5)
    (job_id,) = owe(store, crew.kinds["route"].draft(store.clock(), subject="order-1"))
    job = row(store, job_id)
    assert (job.max_attempts, job.deadline_at, job.priority) == (7, at(store, 100), 5)


# --- waiting and stopping -------------------------------------------------------------------------


def test_a_job_that_needs_an_answer_waits_for_it_and_goes_on(
    store: Store, clock: SettableClock
) -> None:
    agreed: list[str] = []

    def handler(job: RunningJob) -> None:
        if not agreed:
            raise Wait("approval:7", at(store, 3600), "a person must agree")

    job_id = owe_one(store)
    crew = worker(store, handler)
    assert run_until_idle(crew) == 1
    assert (row(store, job_id).state, row(store, job_id).wake_on) == ("waiting", "approval:7")
    with store.unit_of_work() as unit:
        agreed.append("yes")
        wake(unit, "approval:7")
    assert run_until_idle(crew) == 1
    assert (row(store, job_id).state, row(store, job_id).attempt) == ("succeeded", 1)


def test_a_job_that_nobody_answers_looks_at_its_fallback_time_and_dies_at_its_deadline(
    store: Store, clock: SettableClock
) -> None:
    looks = []

    def handler(job: RunningJob) -> None:
        looks.append(clock.now)
        raise Wait("approval:7", at(store, 3600), "a person must agree")

    started = clock.now
    job_id = owe_one(store, deadline_at=at(store, 5000))
    run_until_idle(worker(store, handler), advance=lambda to: setattr(clock, "now", to))
    assert [(look - started).total_seconds() for look in looks] == [0, 3600, 5000]
    assert row(store, job_id).last_error_text == "given up at its deadline: a person must agree"


def test_a_job_that_was_asked_to_stop_does_so_at_its_next_safe_point(store: Store) -> None:
    job_id = owe_one(store)
    done = []

    def handler(job: RunningJob) -> None:
        for page in range(5):
            job.safe_point()
            done.append(page)
            if page == 1:
                with store.unit_of_work() as unit:
                    cancel(unit, job.id, "ada", "wrong shop")
                beat_once(crew)

    crew = worker(store, handler)
    run_until_idle(crew)
    assert done == [0, 1] and row(store, job_id).state == "cancelled"


def test_a_failed_job_that_was_asked_to_stop_is_not_tried_again(store: Store) -> None:
    job_id = owe_one(store)

    def handler(job: RunningJob) -> None:
        with store.unit_of_work() as unit:
            cancel(unit, job.id, "ada", "wrong shop")
        raise TransientError("down")

    run_until_idle(worker(store, handler))
    assert row(store, job_id).state == "cancelled"
    assert [a.transition for a in attempts(store, job_id)] == ["T19"]


def test_a_handler_that_stops_unasked_is_asked_again_later(store: Store) -> None:
    job_id = owe_one(store)
    run_until_idle(worker(store, failing(Cancelled("no reason"))))
    assert (row(store, job_id).state, row(store, job_id).run_at) == ("ready", at(store, 60))


def test_a_job_that_may_not_write_any_more_comes_back_and_sees_why(store: Store) -> None:
    connect(store)
    job_id = owe_one(store, connection_id="shop")
    epochs = []

    def handler(job: RunningJob) -> None:
        epochs.append(job.epoch)
        if len(epochs) == 1:
            with store.unit_of_work() as unit:
                set_writes(unit, "shop", True)
        with store.unit_of_work() as unit:
            job.begin_call(unit)

    run_until_idle(worker(store, handler))
    assert epochs == [1, 2] and row(store, job_id).state == "succeeded"
    assert [a.error_class for a in attempts(store, job_id)] == ["moved", ""]
