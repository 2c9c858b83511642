"""Invariants of service: nobody who wrote is forgotten, and one trouble is one ticket."""

from collections import Counter
from collections.abc import Iterator

from hub.domain.tickets import LIVE, ON_ITS_TICKET
from hub.store import tables
from hub.testing.invariants.facts import Facts, Invariant


def _troubles_have_a_ticket(facts: Facts) -> Iterator[str]:
    known = facts.by_id(tables.ticket)
    for row in facts.rows(tables.operational_exception):
        if row.ticket_id not in known:
            yield f"{row.kind} of {row.subject_id} has no ticket"
        if row.closed_at is None and row.state in ("resolved", "auto_resolved"):
            yield f"{row.kind} of {row.subject_id} is {row.state} and not closed"


def _one_ticket_a_parcel(facts: Facts) -> Iterator[str]:
    on_its_ticket = {kind.value for kind in ON_ITS_TICKET}
    live = {
        (row.subject_id, row.ticket_id)
        for row in facts.rows(tables.operational_exception)
        if row.closed_at is None and row.kind not in on_its_ticket
    }
    for subject, count in Counter(subject for subject, _ in live).items():
        if count > 1:
            yield f"the troubles of {subject} stand on {count} tickets"


def _nobody_is_forgotten(facts: Facts) -> Iterator[str]:
    running = {
        row.ticket_id
        for row in facts.rows(tables.sla_timer)
        if row.ended_at is None and row.kind == "resolution"
    }
    states = {state.value for state in LIVE}
    for row in facts.rows(tables.ticket):
        if row.state in states and row.id not in running:
            yield f"T-{row.number} is {row.state} and no clock knows of it"
        if row.state not in states and row.id in running:
            yield f"T-{row.number} is {row.state} and its clock goes on"
        if (row.state == "merged") != (row.merged_into is not None):
            yield f"T-{row.number} is {row.state} and merged into {row.merged_into}"


def _answers_are_sent_or_owed(facts: Facts) -> Iterator[str]:
    effects = {row.subject_id: row.state for row in facts.rows(tables.effect, kind="message")}
    for row in facts.rows(tables.ticket_message, direction="out"):
        state = effects.get(row.id)
        if row.delivery == "queued" and state in (None, "succeeded", "refused"):
            yield f"the answer {row.id} is queued, and its sending is {state}"
        if row.delivery == "sent" and row.external_id is None:
            yield f"the answer {row.id} was sent, and nobody knows as what"


SERVICE = (
    Invariant(
        "troubles-have-a-ticket", "Every operational exception stands on a ticket.",
        _troubles_have_a_ticket,
    ),
    Invariant(
        "one-ticket-an-incident", "What is wrong with one thing stands on one ticket.",
        _one_ticket_a_parcel,
    ),
    Invariant(
        "nobody-forgotten", "Every open ticket has a clock, and no ended one has.",
        _nobody_is_forgotten,
    ),
    Invariant(
        "answers-sent-or-owed", "Every answer was sent, is owed, or is known not to have arrived.",
        _answers_are_sent_or_owed,
    ),
)  # fmt: skip
