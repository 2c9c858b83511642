"""Decisions: what a rule answered, with everything needed to explain and replay it."""

from typing import Any

from hub.store import tables
from hub.store.ids import new_id
from hub.store.unit_of_work import Unit


def keep_decision(
    unit: Unit, subject_id: str, kind: str, outcome: str, document: dict[str, Any]
) -> None:
    """Keep a decision's outcome, inputs, candidates, rejections and rule version."""
    unit.execute(
        tables.decision.insert().values(
            id=new_id(), subject_id=subject_id, kind=kind, outcome=outcome, document=document,
            at=unit.now,
        )
    )  # fmt: skip
