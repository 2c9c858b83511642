"""What people and newer facts do to jobs is written down: who, when, why."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, insert, or_, select

from hub.domain.effects import FINAL
from hub.sdk.errors import HubError
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

LONGEST_REASON = 500

_job = tables.job
_effect = tables.effect


class JobRefusedError(HubError):
    """What was asked of a job cannot be done as things stand; the text says why."""


def note_acts(unit: Unit, job_ids: Sequence[str], transition: str, by: str, reason: str) -> None:
    """Add a line to the story of each of these jobs."""
    if job_ids:
        unit.execute(
            insert(tables.job_act),
            [
                {"id": new_id(), "job_id": job_id, "at": unit.now, "transition": transition,
                 "by": by, "reason": reason[:LONGEST_REASON]}
                for job_id in job_ids
            ],
        )  # fmt: skip


def effect_is_open() -> ColumnElement[bool]:
    """Ask for jobs whose effect is not decided: to drop such a job would leave it to nobody.

    It is the one the job was written for, or one whose call the job has under way.
    """
    undecided = _effect.c.state.not_in([state.value for state in FINAL])
    sent = or_(_effect.c.state == "sent", _effect.c.state == "unknown")
    mine = (_effect.c.id == _job.c.subject) & undecided
    called = (_effect.c.job_id == _job.c.id) & sent
    return or_(  # apart, so that each is answered by its own index
        select(_effect.c.id).where(mine).exists(), select(_effect.c.id).where(called).exists()
    )
