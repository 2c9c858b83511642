"""The clocks of a ticket, reckoned anew in the commit of whatever happened to it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from hub.domain.business_calendar import calendar_of
from hub.domain.sla import Clock, ClockState, Moment, next_due, reckon, targets_of, unanswered
from hub.domain.tickets import Act
from hub.records.sla_policy import SlaPolicy
from hub.records.ticket import (
    Delivery,
    Direction,
    ExceptionKind,
    Priority,
    Severity,
    TicketState,
)
from hub.services.context import Hub
from hub.services.rulebooks import rules_in_force
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.services.work import draft
from hub.store import tables
from hub.store.decisions import keep_decision
from hub.store.jobs import JobResult, RunningJob, insert_jobs
from hub.store.tickets import StoredTicket, get_ticket, members_of, move_ticket
from hub.store.unit_of_work import Unit

_timer = tables.sla_timer
HUB = "hub"
ENDED = frozenset({ClockState.MET, ClockState.CANCELLED})

SEVERITY_OF = {
    Priority.LOW: Severity.MINOR,
    Priority.NORMAL: Severity.MINOR,
    Priority.HIGH: Severity.MAJOR,
    Priority.URGENT: Severity.CRITICAL,
}
"""How bad it is to keep a customer waiting who was promised to be answered sooner."""


def reckon_clocks(unit: Unit, ticket_id: str) -> None:
    """Bring the clocks of a ticket up to now, open or close its breach, and owe the next look."""
    row = tables.ticket  # locked: two who reckon at once would write the same clocks
    unit.execute(select(row.c.id).where(row.c.id == ticket_id).with_for_update())
    ticket = get_ticket(unit.connection, ticket_id)
    book = rules_in_force(unit.connection, SlaPolicy)
    clocks = reckon(
        _history(unit, ticket), targets_of(book.rules, ticket.priority),
        calendar_of(book.rules), unit.now,
    )  # fmt: skip
    _write(unit, ticket, clocks, book.version)
    _tell(unit, ticket, clocks, book.version)
    _look_again(unit, ticket, clocks, book.rules)


def _history(unit: Unit, ticket: StoredTicket) -> list[Moment]:
    """Give what happened to a ticket, and what was written on those merged into it."""
    change, message = tables.ticket_change, tables.ticket_message
    changes = unit.execute(
        select(change.c.at, change.c.id, change.c.to_state).where(change.c.ticket_id == ticket.id)
    )
    written = unit.execute(
        select(message.c.recorded_at, message.c.id, message.c.direction).where(
            message.c.ticket_id.in_(members_of(unit.connection, ticket.id)),
            message.c.direction.in_([Direction.IN.value, Direction.OUT.value]),
            message.c.automatic.is_(False),
            message.c.delivery.not_in([Delivery.FAILED.value, Delivery.BOUNCED.value]),
        )
    )
    found = [(row.at, row.id, row.to_state, "") for row in changes]
    found += [(row.recorded_at, row.id, "", row.direction) for row in written]
    moments: list[Moment] = []
    state = TicketState.NEW
    for at, _, to_state, direction in _in_order(found, ticket.opened_at):
        state = TicketState(to_state) if to_state else state
        moments.append(Moment(at, state, Direction(direction) if direction else None))
    return moments


def _in_order(
    found: list[tuple[datetime, str, str, str]], opened_at: datetime
) -> list[tuple[datetime, str, str, str]]:
    """Sort by time, then by id; a message of a ticket merged later may be older than this one."""
    return sorted((max(at, opened_at), id, state, wrote) for at, id, state, wrote in found)


def _write(unit: Unit, ticket: StoredTicket, clocks: tuple[Clock, ...], version: int) -> None:
    """Keep the reckoning; what is over was judged by the policy of its time and stays."""
    over = select(_timer.c.kind, _timer.c.round).where(
        _timer.c.ticket_id == ticket.id, _timer.c.ended_at.is_not(None)
    )
    kept = {(row.kind, row.round) for row in unit.execute(over)}
    unit.execute(delete(_timer).where(_timer.c.ticket_id == ticket.id, _timer.c.ended_at.is_(None)))
    for clock in clocks:
        if (clock.kind.value, clock.round) not in kept:
            unit.execute(
                _timer.insert().values(
                    ticket_id=ticket.id, kind=clock.kind.value, round=clock.round,
                    state=clock.state.value, target_s=int(clock.target.total_seconds()),
                    used_s=int(clock.used.total_seconds()), due_at=clock.due_at,
                    ended_at=clock.ended_at, policy_version=version,
                )
            )  # fmt: skip


def _tell(unit: Unit, ticket: StoredTicket, clocks: tuple[Clock, ...], version: int) -> None:
    """A broken promise is an exception on its ticket until it is kept after all."""
    broken = next(unanswered(clocks), None)
    kind = ExceptionKind.SLA_BREACHED
    if broken is None:
        close_exception(unit, kind, ticket.id, "what was promised has been done")
    elif not _is_told(unit, ticket.id):
        what = str(broken.kind).replace("_", " ")
        minutes = int(broken.target.total_seconds() // 60)
        sentence = f"T-{ticket.number}: the {what} was promised within {minutes} working minutes"
        open_exception(unit, kind, ticket.id, sentence, severity=SEVERITY_OF[ticket.priority])
        keep_decision(unit, ticket.id, "sla", "breached", _reasons(broken, ticket, version))


def _reasons(clock: Clock, ticket: StoredTicket, version: int) -> dict[str, Any]:
    """Give all that the reckoning rests on: when the clock ran, by which policy, for how long."""
    ran = [*clock.ran, *([(clock.since, None)] if clock.since else [])]
    return {
        "clock": clock.kind.value, "round": clock.round, "priority": ticket.priority.value,
        "target_minutes": clock.target.total_seconds() / 60, "due_at": _iso(clock.due_at),
        "ran": [[_iso(start), _iso(end)] for start, end in ran], "policy_version": version,
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _is_told(unit: Unit, ticket_id: str) -> bool:
    row = tables.operational_exception
    query = select(row.c.id).where(
        row.c.kind == ExceptionKind.SLA_BREACHED.value, row.c.subject_id == ticket_id,
        row.c.closed_at.is_(None),
    )  # fmt: skip
    return unit.execute(query).first() is not None


def _look_again(
    unit: Unit, ticket: StoredTicket, clocks: tuple[Clock, ...], policy: SlaPolicy
) -> None:
    due = [next_due(clocks), ticket.snoozed_until]
    if ticket.state == TicketState.RESOLVED and ticket.resolved_at:
        due.append(ticket.resolved_at + timedelta(days=policy.close_after_days))
    times = [at for at in due if at is not None]
    if times:
        run_at = max(min(times), unit.now)
        insert_jobs(unit, [draft("tend_ticket", ticket.id, run_at=run_at)])


def tend_ticket(hub: Hub, job: RunningJob) -> JobResult:
    """Do what time alone does to a ticket: wake it, close it, break its promises."""
    with hub.store.unit_of_work() as unit:
        ticket = get_ticket(unit.connection, job.subject)
        policy = rules_in_force(unit.connection, SlaPolicy).rules
        act = _act_of_time(ticket, policy, unit.now)
        if act is not None:
            move_ticket(unit, ticket, act, HUB)
        reckon_clocks(unit, ticket.id)
        job.finish(unit, "ok" if act else "no_change")
    return JobResult("ok" if act else "no_change")


def _act_of_time(ticket: StoredTicket, policy: SlaPolicy, now: datetime) -> Act | None:
    if ticket.state == TicketState.SNOOZED and ticket.snoozed_until and now >= ticket.snoozed_until:
        return Act.WOKEN
    lapse = timedelta(days=policy.close_after_days)
    if ticket.state == TicketState.RESOLVED and ticket.resolved_at:
        return Act.LAPSED if now >= ticket.resolved_at + lapse else None
    return None
