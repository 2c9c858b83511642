"""The job rows: what is owed, to whom it is given, how it ends; the only place that changes them.

Transitions, each a conditional update that changes no row when the job stands elsewhere:

| #   | From → to                       | Where                         |
|-----|---------------------------------|-------------------------------|
| T1  | – → ready                       | `draft.insert_jobs`           |
| T2  | pending → same, joined          | `draft.insert_jobs`           |
| T3  | ready → ready, dispatched       | `dispatch`, `draft` (bell)    |
| T4  | ready → running                 | `claim.claim`                 |
| T5  | ready → ready, not now          | `claim.claim`                 |
| T6  | running → running, lease        | `sweep.extend_leases`         |
| T7  | running → succeeded             | `running.RunningJob.finish`   |
| T8  | running → ready, failed         | `release.retry_later`         |
| T9  | running → ready, snoozed        | `release.snooze`              |
| T10 | running → waiting               | not yet: `release`            |
| T11 | waiting → ready                 | not yet: `sweep`              |
| T12 | ready, waiting → held           | `hold.hold_connection_jobs`   |
| T13 | held → ready                    | `hold.resume_connection_jobs` |
| T14 | running → ready, crashed        | `sweep.reap_expired`, `sweep.recover_boot` |
| T15 | running → dead, crash loop      | not yet: a child process for suspects |
| T16 | running → dead                  | `release.bury`                |
| T17 | pending → cancelled             | not yet: `cancel`             |
| T18 | running → running, cancel asked | not yet: `cancel`             |
| T19 | running → cancelled             | not yet: `cancel`             |
| T20 | ready, held → superseded        | not yet: `cancel`             |
| T21 | dead → ready                    | `replay.replay`               |
| T22 | dead → cancelled                | not yet: `cancel`             |
| T23 | final → gone                    | not yet: retention            |

In T8, T9 and T14 a job whose coalesce key is pending elsewhere becomes superseded instead, and the
pending twin inherits its attempts.
"""

from hub.store.jobs.claim import LEASE, claim
from hub.store.jobs.dispatch import (
    Due,
    dispatch_due,
    dispatch_next,
    look,
    queues_of,
    waits_for_room,
)
from hub.store.jobs.draft import QUEUES, JobDraft, insert_jobs, is_owed
from hub.store.jobs.hold import (
    auth_failed_before,
    hold_connection_jobs,
    require_auth,
    resume_connection_jobs,
    wake_connection_jobs,
)
from hub.store.jobs.kinds import Chance, Handler, JobKind, JobResult, Retry, Snooze
from hub.store.jobs.release import bury, retry_later, snooze
from hub.store.jobs.replay import ReplayRefusedError, replay
from hub.store.jobs.running import LeaseLost, Pulse, RunningJob, runs
from hub.store.jobs.states import JobState
from hub.store.jobs.sweep import (
    OnCrash,
    extend_leases,
    reap_expired,
    recall_dispatched,
    recover_boot,
)

__all__ = [
    "LEASE", "QUEUES", "Chance", "Due", "Handler", "JobDraft", "JobKind", "JobResult", "JobState",
    "LeaseLost", "OnCrash", "Pulse", "ReplayRefusedError", "Retry", "RunningJob", "Snooze",
    "auth_failed_before", "bury", "claim", "dispatch_due", "dispatch_next", "extend_leases",
    "hold_connection_jobs", "insert_jobs", "is_owed", "look", "queues_of", "reap_expired",
    "recall_dispatched", "recover_boot", "replay", "require_auth", "resume_connection_jobs",
    "retry_later", "wake_connection_jobs", "runs", "snooze", "waits_for_room",
]  # fmt: skip
