"""The webhooks of a connection: which are wanted, which stand, and how much they lose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.domain.signals import Loss
from hub.store import tables
from hub.store.desired import WEBHOOK
from hub.store.hearing import losses

_desired = tables.desired
_shop = tables.connection


@dataclass(frozen=True)
class TopicRow:
    """One topic; `state` is wanted, standing, refused or unmanaged."""

    topic: str
    state: str
    since: datetime | None
    problem: str


@dataclass(frozen=True)
class WebhooksDetail:
    """What is known of a connection's webhooks without asking its vendor."""

    topics: tuple[TopicRow, ...]
    previous_believed_until: datetime | None
    """Until then a webhook signed with the secret before the last one is believed, too."""
    loss: Loss


def webhooks_detail(
    database: Connection, connection_id: str, topics: Sequence[str], managed: bool, now: datetime
) -> WebhooksDetail:
    """Give the topics a connector asks for as they stand, and what came without a webhook."""
    wishes = {
        row.target: row
        for row in database.execute(
            select(_desired).where(
                _desired.c.connection_id == connection_id, _desired.c.field == WEBHOOK
            )
        )
    }
    until = database.execute(
        select(_shop.c.previous_until).where(_shop.c.id == connection_id)
    ).scalar_one()
    return WebhooksDetail(
        topics=tuple(_topic(topic, wishes.get(topic), managed) for topic in topics),
        previous_believed_until=until if until and until > now else None,
        loss=losses(database, now).get(connection_id, Loss()),
    )


def _topic(topic: str, row: Any, managed: bool) -> TopicRow:
    if row is None:
        return TopicRow(topic, "wanted" if managed else "unmanaged", None, "")
    if row.problem:
        return TopicRow(topic, "refused", row.changed_at, row.problem)
    if row.confirmed_version < row.desired_version:
        return TopicRow(topic, "wanted", row.changed_at, "")
    return TopicRow(topic, "standing", row.confirmed_at, "")
