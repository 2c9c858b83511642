"""T21 for many: chosen by what they have in common, due one after the other."""

from datetime import timedelta

from hub.store.jobs import DeadFilter, find_dead, replay_all
from hub.store.unit_of_work import Store
from tests.store.conftest import SettableClock
from tests.store.job_rows import at, connect, force, owe_one, row
from tests.store.test_jobs_cancel import acts


def died(store: Store, error_class: str = "transient", **fields: object) -> str:
    job_id = owe_one(store, **fields)
    force(store, job_id, state="dead", finished_at=store.clock(), last_error_class=error_class,
          solo_deaths=2, cancel_requested=True)  # fmt: skip
    return job_id


def test_dead_jobs_are_found_by_what_they_have_in_common(
    store: Store, clock: SettableClock
) -> None:
    connect(store)
    early = died(store)
    clock.advance(60)
    mapped = died(store, "mapping", kind="pull")
    shop = died(store, connection_id="shop")
    owe_one(store)

    def found(**wanted: object) -> list[str]:
        with store.reading() as connection:
            return find_dead(connection, DeadFilter(**wanted))  # type: ignore[arg-type]

    assert found() == [early, mapped, shop]
    assert found(kind="pull") == found(error_class="mapping") == [mapped]
    assert found(connection_id="shop") == [shop]
    assert found(since=store.clock()) == [mapped, shop]
    assert found(since=at(store, 1)) == []


def test_many_come_back_one_after_the_other_and_the_refused_are_named(store: Store) -> None:
    connect(store, state="paused")
    ids = [died(store), died(store, connection_id="shop"), died(store)]
    refused = replay_all(store, ids, "ada", "the shop is back", timedelta(seconds=2))
    assert list(refused) == [ids[1]] and "paused" in refused[ids[1]]
    assert [row(store, ids[0]).run_at, row(store, ids[2]).run_at] == [at(store, 0), at(store, 4)]
    back = row(store, ids[0])
    assert (back.state, back.attempt, back.solo_deaths, back.cancel_requested) == (
        "ready", 0, 0, False,
    )  # fmt: skip
    assert acts(store, ids[0]) == [("T21", "ada", "the shop is back")] and acts(store, ids[1]) == []
