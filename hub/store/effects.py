"""Effects: outward calls that spend or create, with their key committed before the call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from hub.domain.effects import FINAL, EffectFacts, EffectState
from hub.sdk.errors import TransientError
from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit

_effect = tables.effect


@dataclass(frozen=True)
class Effect:
    """One effect as stored."""

    id: str
    kind: str
    connection_id: str
    key: str
    subject_id: str
    request_hash: bytes
    facts: EffectFacts
    vendor_ref: str
    reason: str
    created_at: datetime


class EffectMovedError(TransientError):
    """Somebody else moved this effect in the meantime: leave it to them."""


def prepare(unit: Unit, kind: str, connection_id: str, key: str, subject_id: str) -> str | None:
    """Owe an effect; None when this key is owed already."""
    known = select(_effect.c.id).where(
        _effect.c.connection_id == connection_id, _effect.c.key == key
    )
    if unit.execute(known).first() is not None:
        return None
    effect_id = new_id()
    unit.execute(
        _effect.insert().values(
            id=effect_id, kind=kind, connection_id=connection_id, key=key, subject_id=subject_id,
            created_at=unit.now, updated_at=unit.now,
        )
    )  # fmt: skip
    _note(unit, effect_id, "", EffectState.PREPARED, "")
    return effect_id


def get_effect(connection: Connection, effect_id: str) -> Effect:
    """Read an effect."""
    row = connection.execute(select(_effect).where(_effect.c.id == effect_id)).one()
    return _to_effect(row)


def _to_effect(row: Any) -> Effect:
    facts = EffectFacts(
        state=EffectState(row.state), sends=row.sends, first_sent_at=row.first_sent_at,
        settle_until=row.settle_until, probed_at=row.probed_at,
        probes_after_settle=row.probes_after_settle, replay_refused=row.replays_refused > 0,
    )  # fmt: skip
    return Effect(
        row.id, row.kind, row.connection_id, row.key, row.subject_id, row.request_hash, facts,
        row.vendor_ref, row.reason, row.created_at,
    )  # fmt: skip


def mark_sent(unit: Unit, effect: Effect, job_id: str, request: bytes, settle: timedelta) -> None:
    """Commit, before the call, that the call is being made. The request is given as its hash."""
    _move(
        unit, effect, EffectState.SENT, "",
        sends=_effect.c.sends + 1, sent_at=unit.now, job_id=job_id, request_hash=request,
        first_sent_at=effect.facts.first_sent_at or unit.now, settle_until=unit.now + settle,
        probed_at=None, probes_after_settle=0,
    )  # fmt: skip


def mark_succeeded(unit: Unit, effect_id: str, vendor_ref: str, note: str) -> None:
    """Record that it happened, from the state it is in now."""
    effect = get_effect(unit.connection, effect_id)
    _move(unit, effect, EffectState.SUCCEEDED, note, vendor_ref=vendor_ref, reason="")


def mark_refused(unit: Unit, effect_id: str, reason: str, of_send: int | None = None) -> None:
    """Record that the vendor provably did nothing."""
    effect = _unfinished(unit, effect_id, of_send)
    _move(unit, effect, EffectState.REFUSED, reason, reason=reason)


def mark_unknown(
    unit: Unit, effect_id: str, reason: str, of_send: int | None = None,
    replay_refused: bool = False,
) -> None:  # fmt: skip
    """Record that nobody knows whether it happened.

    `replay_refused`: this send repeated one whose answer was lost, and was refused. That proves
    nothing of the first, and a further repeat would prove no more.
    """
    effect = _unfinished(unit, effect_id, of_send)
    refusals = _effect.c.replays_refused + int(replay_refused)
    _move(unit, effect, EffectState.UNKNOWN, reason, reason=reason, replays_refused=refusals)


def mark_absent(unit: Unit, effect: Effect) -> None:
    """Record that two looks after the settle window found nothing: it may be sent again."""
    note = "looked twice, it is not there"
    _move(unit, effect, EffectState.PREPARED, note, reason="", replays_refused=0)


def mark_not_sent(
    unit: Unit, effect_id: str, reason: str, of_send: int | None = None,
    before: EffectState = EffectState.PREPARED,
) -> None:  # fmt: skip
    """Record that this send provably never left: it stands where it stood `before`.

    One that was owed may be sent again freely. Of one that repeated a call without an answer it
    says nothing about that call: it is as unknown as it was.
    """
    effect = _unfinished(unit, effect_id, of_send)
    state = before if before == EffectState.PREPARED else EffectState.UNKNOWN
    _move(unit, effect, state, reason, sends=_effect.c.sends - 1, reason=reason)


def mark_needs_operator(unit: Unit, effect: Effect, reason: str) -> None:
    """Give it to a person."""
    _move(unit, effect, EffectState.NEEDS_OPERATOR, reason, reason=reason)


def note_probe(unit: Unit, effect: Effect, note: str) -> None:
    """Record a look that found nothing (yet)."""
    settled = effect.facts.settle_until is not None and unit.now >= effect.facts.settle_until
    _move(
        unit, effect, EffectState.UNKNOWN, note, probed_at=unit.now,
        probes_after_settle=_effect.c.probes_after_settle + (1 if settled else 0),
    )  # fmt: skip


def reopen(unit: Unit, effect: Effect, reason: str) -> None:
    """Let a refused effect, or one a person has looked into, be sent again under the same key."""
    _move(unit, effect, EffectState.PREPARED, reason, reason="", sends=0, replays_refused=0)


def sent_by_jobs_to_unknown(unit: Unit, job_ids: Sequence[str]) -> None:
    """Turn every call that was under way in these jobs to unknown: the process died in the call."""
    under_way = select(_effect.c.id).where(
        _effect.c.job_id.in_(job_ids), _effect.c.state == EffectState.SENT
    )
    for effect_id in list(unit.execute(under_way).scalars()):
        mark_unknown(unit, effect_id, "the process stopped during the call")


def _unfinished(unit: Unit, effect_id: str, of_send: int | None) -> Effect:
    """Read an effect whose end is still open; `of_send` says which send the end belongs to.

    Raises `EffectMovedError` when it is decided, or was sent again since: a worker that lost its
    lease must not undo what its heir is doing.
    """
    effect = get_effect(unit.connection, effect_id)
    if effect.facts.state in FINAL or of_send not in (None, effect.facts.sends):
        raise EffectMovedError(f"effect {effect_id} is {effect.facts.state}, moved on by another")
    return effect


def _move(unit: Unit, effect: Effect, to: EffectState, note: str, **values: Any) -> None:
    moved = unit.changed(
        update(_effect)
        .where(_effect.c.id == effect.id, _effect.c.state == effect.facts.state.value,
               _effect.c.sends == effect.facts.sends)
        .values(state=to.value, updated_at=unit.now, **values)
    )  # fmt: skip
    if not moved:
        raise EffectMovedError(f"effect {effect.id} is no longer {effect.facts.state}")
    _note(unit, effect.id, effect.facts.state, to, note)


def _note(unit: Unit, effect_id: str, source: str, target: str, note: str) -> None:
    unit.execute(
        tables.effect_event.insert().values(
            id=new_id(), effect_id=effect_id, from_state=str(source), to_state=str(target),
            note=note[:500], at=unit.now,
        )
    )  # fmt: skip
