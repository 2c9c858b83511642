"""Invariants of work owed: nothing is stuck, forgotten or given up in silence."""

import re
from collections.abc import Iterator
from typing import Any

from hub.store import tables
from hub.store.desired import LISTING, STOCK, TRACKING, WEBHOOK
from hub.store.jobs.states import OPEN
from hub.testing.invariants.facts import Facts, Invariant

_TRANSITION = re.compile(r"T([1-9]|1\d|2[0-3])")
_PUBLISHERS = {
    STOCK: "publish_stock",
    TRACKING: "publish_tracking",
    LISTING: "publish_listings",
    WEBHOOK: "audit_webhooks",
}


def _no_job_is_stuck(facts: Facts) -> Iterator[str]:
    first: dict[str, Any] = {}
    for job in sorted(facts.rows(tables.job), key=lambda job: job.id):
        if job.serial_key and job.state in OPEN:
            first.setdefault(job.serial_key, job)
    for job in facts.rows(tables.job):
        in_line = job.serial_key in first and first[job.serial_key].id != job.id
        named = f"{job.kind} of {job.subject}"
        if job.state == "running":
            yield f"{named} still runs in a hub at rest"
        if job.state == "ready" and job.run_at <= facts.now and not in_line:
            yield f"{named} was due at {job.run_at} and is not done"
        if job.state == "ready" and job.attempt and not job.last_error_text:
            yield f"{named} waits to be tried again and does not say why"
        if job.state == "held" and not job.hold_reason:
            yield f"{named} is held and does not say why"


def _the_dead_have_reasons(facts: Facts) -> Iterator[str]:
    for job in facts.rows(tables.job, state="dead"):
        if not job.last_error_text:
            yield f"{job.kind} of {job.subject} died in silence"


def _jobs_move_as_drawn(facts: Facts) -> Iterator[str]:
    open_jobs = {job.id for job in facts.rows(tables.job) if job.state in OPEN}
    for attempt in facts.rows(tables.job_attempt):
        if not attempt.transition and attempt.job_id not in open_jobs:
            yield f"an attempt of {attempt.job_id} never ended"
        if attempt.transition and not _TRANSITION.fullmatch(attempt.transition):
            yield f"{attempt.transition} is no transition of a job"


def _no_effect_is_forgotten(facts: Facts) -> Iterator[str]:
    owed = {
        job.subject
        for job in facts.rows(tables.job, kind="perform_effect")
        if job.state in OPEN or job.state == "dead"
    }
    for effect in facts.rows(tables.effect):
        if effect.state in ("prepared", "sent", "unknown") and effect.id not in owed:
            yield f"{effect.key} is {effect.state} and nobody works on it"
        if effect.state in ("needs_operator", "refused") and not effect.reason:
            yield f"{effect.key} is {effect.state} without a reason"


def _no_wish_is_forgotten(facts: Facts) -> Iterator[str]:
    shops = facts.by_id(tables.connection)
    owed = {
        (job.kind, job.subject)
        for job in facts.rows(tables.job)
        if job.state in OPEN or job.state == "dead"
    } | {(plan.job_kind, plan.subject) for plan in facts.rows(tables.schedule, enabled=True)}
    for wish in facts.rows(tables.desired):
        shop = shops[wish.connection_id]
        done = wish.confirmed_version >= wish.desired_version
        if done or wish.problem or not shop.writes or shop.books_opened_at is None:
            continue
        if (_PUBLISHERS[wish.field], shop.id) not in owed:
            yield f"{shop.code} is to show {wish.field} of {wish.target} and nobody sees to it"


def _no_webhook_is_forgotten(facts: Facts) -> Iterator[str]:
    owed = {
        job.subject
        for job in facts.rows(tables.job, kind="ingest_delivery")
        if job.state in OPEN or job.state == "dead"
    }
    for item in facts.rows(tables.inbox):
        if item.state == "new" and item.id not in owed:
            yield f"the webhook {item.topic} of {item.external_id} was kept and never read"
        if item.state == "ignored" and not item.reason:
            yield f"the webhook {item.topic} of {item.external_id} was ignored without a reason"


def _what_is_aside_says_why(facts: Facts) -> Iterator[str]:
    for item in facts.rows(tables.quarantine):
        if not item.reason:
            yield f"{item.kind} {item.external_id} was kept aside without a reason"


WORK = (
    Invariant(
        "no-job-stuck",
        "Every job is done, or waits for a time or a person and says why.",
        _no_job_is_stuck,
    ),
    Invariant("dead-jobs-explained", "Every dead job has a reason.", _the_dead_have_reasons),
    Invariant(
        "jobs-move-as-drawn", "Jobs went through T1 to T23 and nothing else.", _jobs_move_as_drawn
    ),
    Invariant(
        "no-effect-forgotten",
        "Every effect is decided, being worked on, or listed for a person with its reason.",
        _no_effect_is_forgotten,
    ),
    Invariant(
        "no-wish-forgotten",
        "Every value a channel should show is confirmed, on its way, or refused with a reason.",
        _no_wish_is_forgotten,
    ),
    Invariant(
        "no-webhook-forgotten", "Every webhook kept was read, or will be.", _no_webhook_is_forgotten
    ),
    Invariant("kept-aside-explained", "Whatever was kept aside says why.", _what_is_aside_says_why),
)
