"""Watching: what is wrong with connections becomes an incident, and heals by the same look."""

from datetime import timedelta

from hub.domain.health import judge, judge_hub
from hub.services.context import Hub
from hub.store.incidents import (
    look_every,
    note_absence,
    note_episodes,
    note_troubles,
    set_watched_until,
    watched_until,
)
from hub.store.jobs import JobResult, RunningJob
from hub.store.life import give_sign
from hub.store.signals import own_dead_jobs, read_pulses, read_signals

EVERY_S = 60
"""How often the hub should look; `hub serve` schedules it."""
ABSENT = timedelta(minutes=15)
"""Nobody looked for so long, and for several looks: the hub was not at work."""
MISSED_LOOKS = 3
SETTLED = timedelta(seconds=2)
"""An attempt may be committed a little after the instant it is dated with."""


def watch_health(hub: Hub, job: RunningJob) -> JobResult:
    """Look after every connection once, and leave a sign of life."""
    give_sign(hub.store)
    return JobResult("ok", {"seen": look(hub)})


def look(hub: Hub) -> int:
    """Open an incident for each new trouble, heal those that are over; gives how many troubles."""
    now = hub.store.clock()
    until = now - SETTLED
    with hub.store.reading() as database:
        before = watched_until(database)
        absent = max(ABSENT, MISSED_LOOKS * look_every(database))
        pulses = read_pulses(database, until)
        signals = read_signals(database, hub.registry.connectors, now)
        own = judge_hub(own_dead_jobs(database))
    found = {one.connection_id: judge(one, now).troubles for one in signals} | {"": own}
    with hub.store.unit_of_work() as unit:
        if before is not None and now - before > absent:
            note_absence(unit, before, "the hub was not at work; nothing was pulled or sent")
        for connection_id, troubles in found.items():
            note_troubles(unit, connection_id, troubles)
        for connection_id, pulse in pulses.items():
            note_episodes(unit, connection_id, pulse.last, pulse.changed)
        set_watched_until(unit, max(until, before or until))
    return sum(map(len, found.values()))
