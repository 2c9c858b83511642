"""What waited for a later look runs at once when its reason is gone."""

from datetime import timedelta

from sqlalchemy import select

from hub.store import tables
from hub.store.jobs import JobDraft, insert_jobs, wake_connection_jobs
from hub.store.unit_of_work import Store
from tests.store.shop_rows import connect


def test_waking_a_connection_makes_its_waiting_jobs_due_and_leaves_others(store: Store) -> None:
    mine, other = connect(store), connect(store, "LON")
    with store.unit_of_work() as unit:
        later = unit.now + timedelta(minutes=5)
        insert_jobs(
            unit,
            [
                JobDraft(kind="perform_effect", queue="money", connection_id=shop, run_at=later)
                for shop in (mine, other)
            ],
        )
    with store.unit_of_work() as unit:
        assert wake_connection_jobs(unit, mine) == 1
        due = select(tables.job.c.connection_id).where(tables.job.c.run_at <= unit.now)
        assert list(unit.execute(due).scalars()) == [mine]
