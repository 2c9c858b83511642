"""Signs of another hub at work with the same credentials: two would sell the same units twice.

Each sign is a fact about this hub that stands for a while after it was last seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, delete, select

from hub.domain.signals import OtherHub
from hub.store import tables
from hub.store.unit_of_work import Unit

_PREFIX = "other_hub:"


class Sign(StrEnum):
    """What another hub left at a vendor."""

    WEBHOOK = "webhook"
    REFUND = "refund"


STANDS: Mapping[Sign, timedelta] = {
    Sign.WEBHOOK: timedelta(hours=1),  # looked for every quarter of an hour
    Sign.REFUND: timedelta(days=7),
}


@dataclass(frozen=True)
class _Seen:
    text: str
    since: datetime
    until: datetime


def note_other_hub(unit: Unit, connection_id: str, sign: Sign, text: str) -> None:
    """Keep that another hub's sign is there now."""
    name = f"{_PREFIX}{connection_id}:{sign}"
    before = _standing(unit.connection, unit.now).get(name)
    since = before.since if before else unit.now
    seen = msgspec.json.encode(_Seen(text, since, unit.now + STANDS[sign])).decode()
    unit.execute(delete(tables.hub).where(tables.hub.c.name == name))
    unit.execute(tables.hub.insert().values(name=name, value=seen))


def forget_other_hub(unit: Unit, connection_id: str, sign: Sign) -> None:
    """Keep that the sign is no longer there."""
    unit.execute(delete(tables.hub).where(tables.hub.c.name == f"{_PREFIX}{connection_id}:{sign}"))


def other_hubs(database: Connection, now: datetime) -> dict[str, OtherHub]:
    """Give the signs that stand, one a connection: the one that was seen first."""
    found: dict[str, OtherHub] = {}
    for name, seen in sorted(_standing(database, now).items(), key=lambda one: one[1].since):
        found.setdefault(name.split(":")[1], OtherHub(seen.text, seen.since))
    return found


def _standing(database: Connection, now: datetime) -> dict[str, _Seen]:
    rows = database.execute(
        select(tables.hub.c.name, tables.hub.c.value).where(tables.hub.c.name.startswith(_PREFIX))
    )
    read = {row.name: msgspec.json.decode(row.value, type=_Seen) for row in rows}
    return {name: seen for name, seen in read.items() if seen.until > now}
