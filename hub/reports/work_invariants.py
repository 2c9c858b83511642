"""What must hold of owed work: nothing is forgotten, nothing is bought twice."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from hub.domain.effects import FINAL
from hub.records.shipment import ShipmentState
from hub.store import tables
from hub.store.jobs import JobState
from hub.store.jobs.states import OPEN

_effect = tables.effect
_job = tables.job
_NEEDS_NO_LABEL = (ShipmentState.DRAFT.value, ShipmentState.VOIDED.value)


def a_shipment_has_at_most_one_label(database: Connection) -> Iterator[str]:
    """No parcel has two label purchases that may have succeeded."""
    rows = database.execute(
        select(_effect.c.subject_id, func.count().label("labels"))
        .where(_effect.c.kind == "label", _effect.c.state != "refused")
        .group_by(_effect.c.subject_id)
        .having(func.count() > 1)
    )
    for row in rows:
        yield f"shipment {row.subject_id} has {row.labels} labels"


def what_left_had_a_label(database: Connection) -> Iterator[str]:
    """A parcel past its draft has a label purchase that succeeded."""
    shipment = tables.shipment
    bought = select(_effect.c.subject_id).where(
        _effect.c.kind == "label", _effect.c.state == "succeeded"
    )
    rows = database.execute(
        select(shipment.c.id, shipment.c.state).where(
            shipment.c.state.not_in(_NEEDS_NO_LABEL), shipment.c.id.not_in(bought)
        )
    )
    for row in rows:
        yield f"shipment {row.id} is {row.state} without a label"


def every_open_effect_has_its_job(database: Connection) -> Iterator[str]:
    """An effect that is not settled has a job that will move it, or a dead one someone can see."""
    alive = select(_job.c.subject).where(
        _job.c.kind == "perform_effect", _job.c.state.in_((*OPEN, JobState.DEAD))
    )
    rows = database.execute(
        select(_effect.c.id, _effect.c.kind, _effect.c.state).where(
            _effect.c.state.not_in([state.value for state in FINAL]), _effect.c.id.not_in(alive)
        )
    )
    for row in rows:
        yield f"{row.kind} {row.id} is {row.state} and no job moves it"


def every_webhook_is_accounted_for(database: Connection) -> Iterator[str]:
    """A webhook that was answered with 200 was processed, or its job is open or visibly dead.

    Or a person cancelled or dismissed that job, and said why.
    """
    inbox = tables.inbox
    alive = select(_job.c.subject).where(
        _job.c.kind == "ingest_delivery",
        _job.c.state.in_((*OPEN, JobState.DEAD, JobState.CANCELLED)),
    )
    rows = database.execute(
        select(inbox.c.id, inbox.c.topic).where(inbox.c.state == "new", inbox.c.id.not_in(alive))
    )
    for row in rows:
        yield f"webhook {row.id} ({row.topic}) waits and no job reads it"


def every_open_wish_has_its_job(database: Connection) -> Iterator[str]:
    """A number a channel should show and does not has a job that sends it, or a reason to see."""
    wish, shop = tables.desired, tables.connection
    alive = select(_job.c.connection_id).where(
        _job.c.kind.in_(("publish_stock", "publish_tracking")),
        _job.c.state.in_((*OPEN, JobState.DEAD)),
        _job.c.connection_id.is_not(None),
    )
    rows = database.execute(
        select(shop.c.code, wish.c.field, func.count().label("wishes"))
        .join(shop, shop.c.id == wish.c.connection_id)
        .where(wish.c.confirmed_version < wish.c.desired_version, wish.c.problem == "",
               shop.c.writes, shop.c.books_opened_at.is_not(None), shop.c.state != "disabled",
               shop.c.id.not_in(alive))
        .group_by(shop.c.code, wish.c.field)
    )  # fmt: skip
    for row in rows:
        yield f"{row.code}: {row.wishes} {row.field} targets are open and no job sends them"


def every_dead_job_says_why(database: Connection) -> Iterator[str]:
    """A job that needs a person says what is wrong."""
    rows = database.execute(
        select(_job.c.id, _job.c.kind).where(
            _job.c.state == JobState.DEAD, _job.c.last_error_text == ""
        )
    )
    for row in rows:
        yield f"{row.kind} {row.id} is dead without a reason"
