"""Short ways to write and read job rows in tests."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from hub.store import tables
from hub.store.jobs import JobDraft, RunningJob, claim, insert_jobs
from hub.store.unit_of_work import Store, Unit

WORKER = "boot1:t1"


def at(store: Store, seconds: float) -> Any:
    return store.clock() + timedelta(seconds=seconds)


def draft(**fields: Any) -> JobDraft:
    return JobDraft(**{"kind": "route", "queue": "orders", **fields})


def owe(store: Store, *drafts: JobDraft) -> list[str]:
    with store.unit_of_work() as unit:
        return insert_jobs(unit, drafts)


def owe_one(store: Store, **fields: Any) -> str:
    (job_id,) = owe(store, draft(**fields))
    return job_id


def start(store: Store, worker: str = WORKER, **fields: Any) -> RunningJob:
    """Owe a job and claim it."""
    job = claim(store, owe_one(store, **fields), worker)
    assert job is not None
    return job


def row(store: Store, job_id: str) -> Any:
    with store.reading() as connection:
        return connection.execute(select(tables.job).where(tables.job.c.id == job_id)).one()


def rows(store: Store) -> Sequence[Any]:
    with store.reading() as connection:
        return connection.execute(select(tables.job).order_by(tables.job.c.id)).all()


def attempts(store: Store, job_id: str) -> Sequence[Any]:
    table = tables.job_attempt
    with store.reading() as connection:
        statement = select(table).where(table.c.job_id == job_id).order_by(table.c.token)
        return connection.execute(statement).all()


def force(store: Store, job_id: str, **values: Any) -> None:
    """Put a row into a state, whatever the transitions say."""
    with store.unit_of_work() as unit:
        unit.execute(update(tables.job).where(tables.job.c.id == job_id).values(**values))


def connect(store: Store, connection_id: str = "shop", **values: Any) -> str:
    """Write a connection row."""
    fields: dict[str, Any] = {
        "id": connection_id, "code": connection_id, "connector": "none", "family": "storefront",
        "title": connection_id, "state": "active", "reason": "", "writes": False,
        "stock_master": False, "epoch": 1, "concurrency": 2, "config": {}, "wrapped_key": b"",
        "sealed_secrets": b"", "account_id": connection_id, "account": {},
        "hook_token": connection_id, "created_at": store.clock(),
    }  # fmt: skip
    with store.unit_of_work() as unit:
        unit.execute(insert(tables.connection).values(**fields | values))
    return connection_id


def connection_row(store: Store, connection_id: str = "shop") -> Any:
    table = tables.connection
    with store.reading() as connection:
        return connection.execute(select(table).where(table.c.id == connection_id)).one()


class RecordingBell:
    """Remembers what was rung for."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, job_ids: Sequence[str]) -> None:
        self.rung += job_ids


class Crashes(list[str]):
    """An `on_crash` that remembers the jobs."""

    def __call__(self, unit: Unit, job_ids: Sequence[str]) -> None:
        self += job_ids
