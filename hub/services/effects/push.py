"""Performing an effect in three beats: read and commit the intent, call with the key, record.

The call's three outcomes are success, proven refusal and unknown. Unknown is resolved by replaying
the same key, by looking, or by a person; what to do next is decided by `hub.domain.effects`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from hub.domain.effects import (
    FINAL,
    EffectState,
    Move,
    Need,
    Traits,
    next_move,
    proven_absent,
)
from hub.records.base import Record
from hub.registry import Opened
from hub.sdk.connector import EffectTraits
from hub.sdk.errors import (
    AuthError,
    ConnectorError,
    NotSentError,
    RateLimitedError,
    RejectedError,
)
from hub.services.context import Hub
from hub.services.effects.discretion import without_people
from hub.services.effects.effect_kinds import EFFECTS, EffectKind
from hub.store import effects
from hub.store.connections import Connected
from hub.store.effects import Effect
from hub.store.jobs import JobResult, RunningJob, Snooze
from hub.store.life import WHY, restored_at

CHECK_AGAIN = timedelta(minutes=5)
WRITES_ARE_OFF = timedelta(hours=6)
"""A fallback: switching them on wakes what waits."""


@dataclass(frozen=True)
class _Task:
    """One effect about to be moved, with all that its three beats need."""

    hub: Hub
    job: RunningJob
    effect: Effect
    kind: EffectKind
    traits: Traits
    opened: Opened
    request: Record

    @property
    def this_send(self) -> int:
        """Which send of the effect this worker makes, the first being 1."""
        return self.effect.facts.sends + 1


def perform_effect(hub: Hub, job: RunningJob) -> JobResult:
    """Bring one effect as far as it will go now; snooze until its next move is due."""
    with hub.store.reading() as database:
        effect = effects.get_effect(database, job.subject)
    connection = hub.connection(effect.connection_id)
    kind = EFFECTS[effect.kind]
    traits = _traits(hub, connection, kind)
    now = hub.store.clock()
    with hub.store.reading() as database:
        need = kind.need(database, effect)
    move = next_move(effect.facts, traits, now, need)
    if move.move == Move.NOTHING:
        return JobResult("ok" if effect.facts.state == "succeeded" else "business_failure")
    if move.move == Move.WAIT and move.until:
        raise Snooze(move.until, move.reason)
    if move.move == Move.ASK_OPERATOR:
        return _ask_operator(hub, effect, move.reason)
    if move.move == Move.WITHDRAW:
        return _withdraw(hub, job, effect, kind)
    if not connection.writes:
        raise Snooze(now + WRITES_ARE_OFF, f"writes of {connection.code} are off")
    if not hub.may_spend():
        raise Snooze(now + CHECK_AGAIN, "the disk is nearly full: nothing is bought")
    with hub.store.reading() as database:
        if restored_at(database) is not None:
            raise Snooze(now + CHECK_AGAIN, WHY)
        request = kind.load(database, hub.store.keyring, effect)
    task = _Task(hub, job, effect, kind, traits, hub.open(connection), request)
    return _probe(task) if move.move == Move.PROBE else _send(task)


def _traits(hub: Hub, connection: Connected, kind: EffectKind) -> Traits:
    descriptor = hub.registry.connector(connection.connector)
    given = descriptor.effects.get(kind.capability, EffectTraits())
    return Traits(given.key_retention, given.lookup and kind.find is not None, given.settle)


def _withdraw(hub: Hub, job: RunningJob, effect: Effect, kind: EffectKind) -> JobResult:
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        effects.mark_refused(unit, effect.id, "nobody needs it any more")
        kind.withdrawn(unit, effect)
    return JobResult("no_change")


def _send(task: _Task) -> JobResult:
    store, effect = task.hub.store, task.effect
    digest = _digest(task.request)
    if effect.facts.sends and effect.request_hash != digest:
        return _ask_operator(task.hub, effect, "what is to be sent is not what was sent before")
    with store.unit_of_work() as unit:
        task.job.begin_call(unit)
        effects.mark_sent(unit, effect, task.job.id, digest, task.traits.settle)
        # asked last: who has just decided about it may have kept the effect's row from us
        if task.kind.need(unit.connection, effect) != Need.WANTED:
            raise Snooze(unit.now, "it is no longer wanted as it was")
    try:
        answer = _ask(task, task.kind.call)
    except RejectedError as error:
        if effect.facts.state == EffectState.PREPARED:
            return _refused(task, error.reason)
        _unknown(task, f"a repeat was refused: {error.reason}", replay_refused=True)
        return _next(task)
    except (NotSentError, RateLimitedError, AuthError) as error:
        with store.unit_of_work() as unit:
            before = effect.facts.state
            effects.mark_not_sent(unit, effect.id, error.reason, task.this_send, before)
        raise
    except ConnectorError as error:
        _unknown(task, error.reason)
        raise
    except Exception as error:  # a plugin's own mistake may hide that the vendor said yes
        _unknown(task, f"the connector failed: {type(error).__name__}")
        raise
    return _succeeded(task, answer, "the vendor answered")


def _ask(task: _Task, question: Callable[[Opened, Any, str], Any]) -> Any:
    """Make the call; an error is passed on without the person it may name."""
    try:
        return question(task.opened, task.request, task.effect.key)
    except ConnectorError as error:
        error.reason = without_people(error.reason, task.request)
        error.args = (error.reason,)
        raise


def _digest(request: Record) -> bytes:
    return hashlib.sha256(msgspec.json.encode(request.to_document(), order="sorted")).digest()


def _succeeded(task: _Task, answer: Any, note: str) -> JobResult:
    """Record the answer, even when the lease was lost meanwhile: it is true whoever heard it."""
    with task.hub.store.unit_of_work() as unit:
        known = effects.get_effect(unit.connection, task.effect.id)
        if known.facts.state not in FINAL or known.facts.state == EffectState.NEEDS_OPERATOR:
            effects.mark_succeeded(unit, known.id, task.kind.name(answer), note)
            task.kind.succeeded(unit, known, answer)
        elif known.facts.state == EffectState.REFUSED:  # others had looked in vain and gave it up
            told = f"it was given up, then the vendor answered {task.kind.name(answer)}"
            effects.mark_needs_operator(unit, known, told)
    return JobResult("ok")


def _refused(task: _Task, reason: str) -> JobResult:
    with task.hub.store.unit_of_work() as unit:
        effects.mark_refused(unit, task.effect.id, reason, task.this_send)
        task.kind.refused(unit, task.effect, reason)
    return JobResult("business_failure")


def _unknown(task: _Task, reason: str, replay_refused: bool = False) -> None:
    with task.hub.store.unit_of_work() as unit:
        effects.mark_unknown(unit, task.effect.id, reason, task.this_send, replay_refused)


def _probe(task: _Task) -> JobResult:
    """Look for the effect by its key; an error while looking is no evidence of absence."""
    store, effect = task.hub.store, task.effect
    assert task.kind.find is not None, "what cannot be looked for is never probed"
    try:
        found = _ask(task, task.kind.find)
    except RejectedError as error:  # looking again would be refused again
        return _ask_operator(task.hub, effect, f"the vendor will not let us look: {error.reason}")
    if found is not None:
        return _succeeded(task, found, "found by looking")
    with store.unit_of_work() as unit:
        task.job.guard(unit)
        if proven_absent(effect.facts, unit.now):
            effects.mark_absent(unit, effect)
        else:
            effects.note_probe(unit, effect, "looked, it is not there")
    return _next(task)


def _next(task: _Task) -> JobResult:
    with task.hub.store.reading() as database:
        effect = effects.get_effect(database, task.effect.id)
        need = task.kind.need(database, effect)
    now = task.hub.store.clock()
    move = next_move(effect.facts, task.traits, now, need)
    raise Snooze(move.until or now, move.reason)


def _ask_operator(hub: Hub, effect: Effect, reason: str) -> JobResult:
    with hub.store.unit_of_work() as unit:
        effects.mark_needs_operator(unit, effect, reason)
    return JobResult("business_failure")
