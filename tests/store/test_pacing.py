"""The gate of a connection: in memory or in a row, alone or among many, and what is remembered."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from hub.reports.pacing import pacing_of
from hub.sdk.errors import NotSentError, RateLimitedError
from hub.sdk.pacing import Called, Pace
from hub.store import tables
from hub.store.engine import open_engines
from hub.store.jobs import claim
from hub.store.pacing import ConnectionGate, Pacing
from hub.store.unit_of_work import Store
from tests.store.conftest import KEYRING, SettableClock
from tests.store.job_rows import owe_one
from tests.store.shop_rows import connect, one_row

FIVE = Pace(per_second=5.0, burst=5.0)
WELL = Called("ok", 0.1)
DOWN = Called("transient", 0.1)

MakeGate = Callable[..., ConnectionGate]


@pytest.fixture(params=[False, True], ids=["alone", "shared"])
def gates(request: pytest.FixtureRequest, store: Store, clock: SettableClock) -> MakeGate:
    """Make gates; each is another process's if it is shared."""

    def make(shop: str, pace: Pace | None = FIVE) -> ConnectionGate:
        pacing = Pacing(store, lambda _: pace, shared=request.param, sleep=clock.advance)
        return pacing.gate(shop)

    return make


def calls(gate: ConnectionGate, times: int, told: Called = WELL) -> None:
    for _ in range(times):
        gate.enter()
        gate.leave(told)


def broken(gate: ConnectionGate) -> None:
    for _ in range(5):
        gate.enter()
        gate.leave(DOWN)


def test_the_declared_rate_is_kept_by_waiting_a_little(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    gate, start = gates(connect(store)), clock.now
    calls(gate, 105)
    took = (clock.now - start).total_seconds()
    assert 18 <= took <= 22, "a hundred at five a second, after five at once"


def test_a_vendor_without_a_rate_is_not_slowed(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    gate, start = gates(connect(store), Pace()), clock.now
    calls(gate, 300)
    assert clock.now == start


def test_a_connection_that_is_only_being_tried_has_no_pace(store: Store, gates: MakeGate) -> None:
    gate = gates("new", None)
    broken(gate)
    broken(gate)


def test_a_long_wait_is_given_back_with_its_time(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    gate = gates(connect(store))
    gate.enter()
    gate.leave(Called("rate_limited", 0.1, retry_after=90.0))
    with pytest.raises(RateLimitedError, match="asked for patience") as caught:
        gate.enter()
    assert caught.value.retry_after == 90.0
    clock.advance(90)
    start = clock.now
    calls(gate, 40)
    assert (clock.now - start).total_seconds() > 9, "slower than before it complained"
    clock.advance(3600)
    start = clock.now
    calls(gate, 40)
    assert (clock.now - start).total_seconds() < 8.5, "and by and by as fast again"


def test_an_answer_much_slower_than_usual_asks_for_less(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    gate = gates(connect(store))
    calls(gate, 30)
    for _ in range(3):
        calls(gate, 1, Called("ok", 9.0))
    row = one_row(store, tables.pacing)
    assert row.share == pytest.approx(0.8), "once in ten seconds"


def test_answers_that_never_come_ask_for_less_too(store: Store, gates: MakeGate) -> None:
    gate = gates(connect(store))
    calls(gate, 5)
    calls(gate, 1, Called("transient", 30.0))
    assert one_row(store, tables.pacing).share == pytest.approx(0.8)


def test_fewer_jobs_run_at_once_until_the_vendor_has_recovered(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    shop = connect(store)
    gate = gates(shop)
    jobs = [owe_one(store, connection_id=shop) for _ in range(3)]
    assert claim(store, jobs[0], "w1") is not None
    calls(gate, 1, Called("rate_limited", 0.1))
    assert claim(store, jobs[1], "w2") is None, "one of two while it asks for patience"
    with store.reading() as database:
        pace = pacing_of(database, shop, clock.now)
    assert (pace.at_once, pace.at_most) == (1, 2)
    clock.advance(90)
    assert claim(store, jobs[1], "w2") is not None
    assert claim(store, jobs[2], "w3") is None


def test_a_vendor_that_keeps_failing_is_left_alone_and_probed(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    shop = connect(store)
    gate = gates(shop)
    broken(gate)
    with pytest.raises(RateLimitedError, match=r"kept failing \(transient\)") as caught:
        gate.enter()
    assert caught.value.retry_after == 30.0
    row = one_row(store, tables.pacing)
    assert (row.connection_id, row.breaker_opened_at, row.breaker_reason) == (
        shop, clock.now, "transient",
    )  # fmt: skip

    clock.advance(30)
    gate.enter()  # the probe
    with pytest.raises(RateLimitedError):
        gate.enter()
    gate.leave(DOWN)
    with pytest.raises(RateLimitedError) as caught:
        gate.enter()
    assert caught.value.retry_after == 60.0

    clock.advance(60)
    gate.enter()
    gate.leave(WELL)
    gate.enter()
    assert one_row(store, tables.pacing).breaker_opened_at is None


def test_a_refusal_is_an_answer_and_opens_nothing(store: Store, gates: MakeGate) -> None:
    gate = gates(connect(store))
    for outcome in ("refused", "unmapped", "auth", "rate_limited"):
        gate = gates(connect(store, outcome[:3].upper()))
        for _ in range(8):
            gate.leave(Called(outcome, 0.1))  # type: ignore[arg-type]
    gate.enter()


def test_jobs_that_waited_for_the_vendor_run_when_it_answers(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    shop = connect(store)
    gate = gates(shop)
    broken(gate)
    job_id = owe_one(store, connection_id=shop, run_at=clock.now + timedelta(minutes=10))
    clock.advance(30)
    calls(gate, 1)
    (job,) = [one_row(store, tables.job)]
    assert (job.id, job.run_at) == (job_id, clock.now)


def test_a_restart_does_not_forget_that_a_vendor_is_left_alone(
    store: Store, clock: SettableClock, gates: MakeGate
) -> None:
    shop = connect(store)
    broken(gates(shop))
    with pytest.raises(RateLimitedError):
        gates(shop).enter()
    other = gates(connect(store, "LON"))
    other.enter()  # another vendor is another matter


def test_a_database_that_is_away_does_not_turn_an_answer_into_a_failure(
    sqlite_store: Store, clock: SettableClock
) -> None:
    shop = connect(sqlite_store)
    gate = Pacing(sqlite_store, lambda _: FIVE, shared=False, sleep=clock.advance).gate(shop)
    gate.enter()
    with sqlite_store.unit_of_work() as unit:
        unit.connection.exec_driver_sql("ALTER TABLE pacing RENAME TO elsewhere")
    gate.leave(Called("rate_limited", 0.1, retry_after=5.0))
    fresh = Pacing(sqlite_store, lambda _: FIVE, shared=True, sleep=clock.advance).gate(shop)
    with pytest.raises(NotSentError):
        fresh.enter()


def test_threads_share_one_gate(store: Store, clock: SettableClock) -> None:
    pace = Pace(per_second=1.0, burst=10.0)
    for shared in (False, True):
        shop = connect(store, "SHR" if shared else "MEM")
        gate = Pacing(store, lambda _: pace, shared=shared, sleep=never).gate(shop)
        with ThreadPoolExecutor(8) as threads:
            passed = list(threads.map(_passes, [gate] * 40))
        assert sum(passed) == 10


def never(_seconds: float) -> None:
    raise RateLimitedError("would wait")


def _passes(gate: ConnectionGate) -> bool:
    try:
        gate.enter()
    except RateLimitedError:
        return False
    return True


def _call_in_another_process(url: str, shop: str, now: str, passed) -> None:  # type: ignore[no-untyped-def]
    from datetime import datetime

    engines = open_engines(url)
    store = Store(engines, lambda: datetime.fromisoformat(now), KEYRING)
    pace = Pace(per_second=5.0, burst=40.0)
    gate = Pacing(store, lambda _: pace, shared=True, sleep=never).gate(shop)
    passed.put(sum(_passes(gate) for _ in range(60)))
    engines.dispose()


def test_two_processes_share_one_budget(postgres_store: Store, clock: SettableClock) -> None:
    shop = connect(postgres_store)
    url = postgres_store.engines.write.url.render_as_string(hide_password=False)
    processes = multiprocessing.get_context("spawn")
    passed = processes.Queue()
    given = (url, shop, clock.now.isoformat(), passed)
    twins = [processes.Process(target=_call_in_another_process, args=given) for _ in range(2)]
    for twin in twins:
        twin.start()
    counts = [passed.get(timeout=30) for _ in twins]
    for twin in twins:
        twin.join(10)
    assert sum(counts) == 40, counts
    assert one_row(postgres_store, tables.pacing).version < 40, "one write for several calls"
