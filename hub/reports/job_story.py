"""One job's story: the fact it followed from, what else followed, and the order it is about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from hub.reports.jobs import JobDetail, JobRow, job_detail, job_rows
from hub.store import tables

_job = tables.job


@dataclass(frozen=True)
class Fact:
    """What happened that a job follows from."""

    kind: str
    at: datetime


@dataclass(frozen=True)
class Act:
    """What a person, or a newer fact, did to a job."""

    at: datetime
    transition: str
    by: str
    reason: str


@dataclass(frozen=True)
class JobStory:
    """A job between its cause and its consequences."""

    detail: JobDetail
    fact: Fact | None
    cause: JobRow | None
    """The job that wrote it, where one did."""
    beside: tuple[JobRow, ...]
    """Other jobs that follow from the same fact."""
    after: JobRow | None
    """The job that does its work instead."""
    acts: tuple[Act, ...]
    order: str
    """The number of the order it is about; empty when it is about none."""


def job_story(database: Connection, job_id: str) -> JobStory | None:
    """Tell one job's story; None when there is no such job."""
    detail = job_detail(database, job_id)
    if detail is None:
        return None
    row = database.execute(select(_job).where(_job.c.id == job_id)).one()
    beside: list[JobRow] = []
    if row.event_id:
        beside = job_rows(database, _job.c.event_id == row.event_id, _job.c.id != job_id)
    return JobStory(
        detail, _fact(database, row.event_id), _one(database, row.caused_by), tuple(beside),
        _one(database, row.superseded_by), _acts(database, job_id),
        order_about(database, row.subject),
    )  # fmt: skip


def _acts(database: Connection, job_id: str) -> tuple[Act, ...]:
    act = tables.job_act
    rows = database.execute(
        select(act.c.at, act.c.transition, act.c.by, act.c.reason)
        .where(act.c.job_id == job_id)
        .order_by(act.c.id)
    )
    return tuple(Act(*row) for row in rows)


def _fact(database: Connection, event_id: str | None) -> Fact | None:
    event = tables.event
    row = database.execute(select(event.c.kind, event.c.at).where(event.c.id == event_id)).first()
    return None if row is None else Fact(row.kind, row.at)


def _one(database: Connection, job_id: str | None) -> JobRow | None:
    found = job_rows(database, _job.c.id == job_id) if job_id else []
    return found[0] if found else None


def order_about(database: Connection, subject: str) -> str:
    """Give the number of the order that an order, a shipment or an effect is about; else ""."""
    order, shipment, effect = tables.sales_order, tables.shipment, tables.effect
    through = (
        select(order.c.number).where(order.c.id == subject),
        select(order.c.number).join(shipment, shipment.c.order_id == order.c.id)
        .where(shipment.c.id == subject),
        select(order.c.number).join(shipment, shipment.c.order_id == order.c.id)
        .join(effect, effect.c.subject_id == shipment.c.id).where(effect.c.id == subject),
    )  # fmt: skip
    found = (database.execute(query).scalar() for query in through)
    return str(next((number for number in found if number), ""))
