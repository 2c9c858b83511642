"""T3: due jobs are told of, again when the message was lost, and fairly between connections."""

from hub.store.jobs import dispatch_due, dispatch_next, look, waits_for_room
from hub.store.jobs.dispatch import LOCAL_ROOM
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import at, connect, draft, force, owe, owe_one, row, start


def dispatch(store: Store) -> list[str]:
    with store.unit_of_work() as unit:
        return dispatch_due(unit)


def test_due_jobs_are_told_of_once_urgent_and_old_ones_first(store: Store) -> None:
    slow, urgent, future = owe(store, draft(), draft(priority=1), draft(run_at=at(store, 5)))
    assert dispatch(store) == [urgent, slow]
    assert dispatch(store) == []
    assert row(store, slow).dispatched_at == store.clock()
    assert row(store, future).dispatched_at is None


def test_a_lost_message_is_repeated_after_five_seconds_then_ever_later(
    store: Store, clock: SettableClock
) -> None:
    job_id = owe_one(store)
    waits = []
    dispatch(store)
    for _ in range(8):
        waited = 0
        while not dispatch(store):
            clock.advance(1)
            waited += 1
        waits.append(waited)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    assert row(store, job_id).dispatch_count == 9


def test_a_connection_is_told_of_twice_what_it_may_run_and_does_not_block_others(
    store: Store,
) -> None:
    connect(store, concurrency=2)
    connect(store, "small", concurrency=1)
    owe(store, *[draft(connection_id="shop") for _ in range(50)])
    start(store, connection_id="shop", priority=0)
    small = owe_one(store, connection_id="small")
    told = dispatch(store)
    assert len(told) == 4 and small in told
    assert dispatch(store) == []


def test_the_next_job_of_a_connection_takes_the_place_of_one_that_ended(store: Store) -> None:
    connect(store)
    connect(store, "other")
    owe_one(store, connection_id="other")
    late, urgent = owe(store, draft(connection_id="shop"), draft(connection_id="shop", priority=1))
    for expected in ([urgent], [late], []):
        with store.reading() as connection:
            assert waits_for_room(connection, "shop", store.clock()) is bool(expected)
        with store.unit_of_work() as unit:
            assert dispatch_next(unit, "shop") == expected


def test_jobs_without_a_connection_have_their_own_room(store: Store) -> None:
    owe(store, *[draft() for _ in range(LOCAL_ROOM + 5)])
    told = dispatch(store)
    assert len(told) == LOCAL_ROOM
    for job_id in told[:3]:
        force(store, job_id, state="succeeded")
    assert len(dispatch(store)) == 3


def test_nobody_is_told_of_a_job_that_must_wait_for_another(store: Store) -> None:
    first, _second = owe(store, draft(serial_key="s"), draft(serial_key="s", priority=1))
    running = start(store, coalesce_key="k")
    twin = owe_one(store, coalesce_key="k")
    assert dispatch(store) == [first]
    with store.unit_of_work() as unit:
        running.finish(unit)
    assert dispatch(store) == [twin]


def test_a_job_of_a_connection_that_is_gone_is_told_of_so_that_it_is_held(store: Store) -> None:
    job_id = owe_one(store, connection_id="nobody")
    assert dispatch(store) == [job_id]


def test_a_look_finds_nothing_in_an_idle_hub_and_names_the_next_due_time(store: Store) -> None:
    with store.reading() as connection:
        assert look(connection, store.clock()).next_at is None
    owe_one(store, run_at=at(store, 7))
    with store.reading() as connection:
        due = look(connection, store.clock())
    assert not due.anything and due.next_at == at(store, 7)


def test_a_look_sees_due_jobs_and_expired_leases(store: Store, clock: SettableClock) -> None:
    start(store)
    owe_one(store)
    with store.reading() as connection:
        due = look(connection, store.clock())
    assert (due.jobs, due.expired) == (True, False)
    dispatch(store)
    with store.reading() as connection:
        assert not look(connection, store.clock()).anything
    clock.advance(61)
    with store.reading() as connection:
        assert look(connection, store.clock()).expired
