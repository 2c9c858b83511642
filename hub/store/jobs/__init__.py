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
| T10 | running → waiting               | `wait.park`                   |
| T11 | waiting → ready                 | `wait.wake`, `wait.wake_due`  |
| T12 | ready, waiting → held           | `hold.hold_connection_jobs`   |
| T13 | held → ready                    | `hold.resume_connection_jobs` |
| T14 | running → ready, crashed        | `sweep.reap_expired`, `sweep.recover_boot` |
| T15 | running → dead, crash loop      | `solo.child_died`             |
| T16 | running → dead                  | `release.bury`                |
| T17 | pending → cancelled             | `cancel.cancel`               |
| T18 | running → running, cancel asked | `cancel.cancel`               |
| T19 | running → cancelled             | `cancel.stop_if_asked`        |
| T20 | ready, held → superseded        | `cancel.supersede`            |
|     | dead → superseded, healed       | `cancel.heal_dead`            |
| T21 | dead → ready                    | `replay.replay`               |
| T22 | dead → cancelled                | `cancel.dismiss`              |
| T23 | final → gone                    | `retention.forget_old`        |

In T8, T9, T10 and T14 a job whose coalesce key is pending elsewhere becomes superseded instead, and
the pending twin inherits its attempts.
"""

from hub.store.jobs.acts import JobRefusedError
from hub.store.jobs.after_jump import mend_after_jump
from hub.store.jobs.cancel import (
    asked_to_stop,
    cancel,
    dismiss,
    heal_dead,
    stop_if_asked,
    supersede,
)
from hub.store.jobs.claim import LEASE, MustRunAlone, claim
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
    resume_connection_jobs,
    stop_connection,
    wake_connection_jobs,
)
from hub.store.jobs.kinds import (
    Chance,
    Handler,
    JobKind,
    JobResult,
    LookAgain,
    Retry,
    Snooze,
    Wait,
)
from hub.store.jobs.release import bury, retry_later, snooze
from hub.store.jobs.replay import DeadFilter, ReplayRefusedError, find_dead, replay, replay_all
from hub.store.jobs.retention import forget_old
from hub.store.jobs.running import (
    Cancelled,
    ConnectionMoved,
    LeaseLost,
    Pulse,
    RunningJob,
)
from hub.store.jobs.solo import child_died, lease_of
from hub.store.jobs.states import JobState
from hub.store.jobs.sweep import (
    OnCrash,
    extend_leases,
    reap_expired,
    recall_dispatched,
    recover_boot,
)
from hub.store.jobs.wait import park, wake, wake_due

__all__ = [
    "LEASE", "QUEUES", "Cancelled", "Chance", "ConnectionMoved", "DeadFilter", "Due", "Handler",
    "JobDraft", "JobKind", "JobRefusedError", "JobResult", "JobState", "LeaseLost", "LookAgain",
    "MustRunAlone",
    "OnCrash", "Pulse", "ReplayRefusedError", "Retry", "RunningJob", "Snooze", "Wait",
    "asked_to_stop", "auth_failed_before", "bury", "cancel", "child_died", "claim", "dismiss",
    "dispatch_due", "dispatch_next", "extend_leases", "find_dead", "forget_old",
    "heal_dead",
    "hold_connection_jobs", "insert_jobs", "is_owed", "lease_of", "look", "mend_after_jump", "park",
    "queues_of", "reap_expired", "recall_dispatched", "recover_boot", "replay", "replay_all",
    "stop_connection",
    "resume_connection_jobs", "retry_later", "snooze", "stop_if_asked", "supersede",
    "waits_for_room", "wake", "wake_connection_jobs", "wake_due",
]  # fmt: skip
