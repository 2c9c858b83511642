"""What a host's clock had written before it was set is brought back to where it belongs."""

from datetime import timedelta

from sqlalchemy import update

from hub.store import tables
from hub.store.jobs.claim import LEASE
from hub.store.jobs.states import JobState, in_state
from hub.store.unit_of_work import Unit

_job = tables.job
_schedule = tables.schedule


def mend_after_jump(unit: Unit, jump: timedelta) -> None:
    """Mend leases and due times after the clock of the only engine was set by `jump`.

    Forwards: what runs looks overdue and is not. Backwards: what was due, or told of, by the old
    time seems to lie ahead; a schedule in seconds would pause for as long as the jump was.
    """
    running = update(_job).where(in_state(JobState.RUNNING))
    unit.execute(running.values(lease_until=unit.now + LEASE))
    if jump >= timedelta(0):
        return
    before = unit.now - jump
    ready = in_state(JobState.READY, JobState.WAITING, JobState.HELD)
    was_due = (_job.c.run_at > unit.now) & (_job.c.run_at <= before)
    unit.execute(update(_job).where(ready, was_due).values(run_at=unit.now))
    told = in_state(JobState.READY) & (_job.c.dispatched_at > unit.now)
    unit.execute(update(_job).where(told).values(dispatched_at=None, dispatch_count=0))
    for slot in unit.execute(_schedule.select().where(_schedule.c.cron == "")).all():
        latest = unit.now + timedelta(seconds=slot.every_s)
        if slot.next_at > latest:
            same = (_schedule.c.name == slot.name, _schedule.c.connection_id == slot.connection_id)
            unit.execute(update(_schedule).where(*same).values(next_at=latest))
