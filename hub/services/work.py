"""Work owed: every kind of job, which queue it runs in, and what it must not overlap with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.store.jobs import JobDraft, Retry, insert_jobs
from hub.store.unit_of_work import Unit


@dataclass(frozen=True)
class Work:
    """A kind of job. Keys are patterns over `{subject}` and `{connection}`.

    Jobs with one serial key never run together and run in the order they were written. Of jobs
    with one coalesce key, one is pending at a time.
    """

    queue: str
    priority: int
    serial: str | None
    coalesce: str | None
    retry: Retry

    @property
    def is_look(self) -> bool:
        """Whether it looks at a vendor anew each time: polls, audits, comparisons."""
        return self.retry is _POLL


HOUR = 3600.0
FOR_EVER = 100_000
"""Attempts of work that no outage may end: what a channel shows, what was bought or not."""

_INTAKE = Retry(base_s=5, cap_s=600, max_attempts=FOR_EVER, deadline_s=48 * HOUR)
_STOCK = Retry(base_s=2, cap_s=120, max_attempts=FOR_EVER)
_MONEY = Retry(base_s=15, cap_s=300, max_attempts=FOR_EVER)
_SHOP = Retry(base_s=10, cap_s=900, max_attempts=FOR_EVER, deadline_s=72 * HOUR)
_POLL = Retry(base_s=5, cap_s=600, max_attempts=FOR_EVER)
_PARCEL = Retry(base_s=10, cap_s=900, max_attempts=FOR_EVER)
_LOCAL = Retry(base_s=1, cap_s=60, max_attempts=50, deadline_s=None)

WORK: Mapping[str, Work] = {
    "pull_products": Work("orders", 60, "pull:{connection}", "pull_products:{connection}", _POLL),
    "pull_orders": Work("orders", 50, "pull:{connection}", "pull_orders:{connection}", _POLL),
    "open_books": Work("orders", 55, "pull:{connection}", "open_books:{connection}", _POLL),
    "ingest_delivery": Work("intake", 20, "pull:{connection}", None, _INTAKE),
    "accept_order": Work("orders", 30, "order:{subject}", "accept:{subject}", _LOCAL),
    "route_order": Work("orders", 30, "order:{subject}", "route:{subject}", _LOCAL),
    "cancel_order": Work("orders", 20, "order:{subject}", "cancel:{subject}", _LOCAL),
    "read_refunds": Work("orders", 35, "refunds:{subject}", "refunds:{subject}", _POLL),
    "rework_order": Work("orders", 20, "order:{subject}", "rework:{subject}", _LOCAL),
    "book_channel_shipment": Work("orders", 20, "order:{subject}", "book:{subject}", _LOCAL),
    "map_lines": Work("orders", 40, None, "map:{subject}", _LOCAL),
    "reserve_waiting": Work("orders", 40, "reserve_waiting", "reserve_waiting", _LOCAL),
    "route_waiting": Work("orders", 45, None, "route_waiting:{subject}", _LOCAL),
    "expire_holds": Work("orders", 45, None, None, _LOCAL),
    "expire_reservations": Work("maintenance", 80, "expire", "expire_reservations", _LOCAL),
    "pull_returns": Work("orders", 52, "pull:{connection}", "pull_returns:{connection}", _POLL),
    "refund_return": Work("money", 25, "return_money:{subject}", "return_money:{subject}", _MONEY),
    "look_at_return": Work("orders", 40, None, "look_at_return:{subject}", _LOCAL),
    "follow_return_parcel": Work(
        "orders", 70, "return_parcel:{subject}", "return_parcel:{subject}", _PARCEL
    ),
    "expire_returns": Work("maintenance", 80, "expire_returns", "expire_returns", _LOCAL),
    "perform_effect": Work("money", 20, "effect:{subject}", "effect:{subject}", _MONEY),
    "publish_stock": Work("stock", 10, "stock:{subject}", "publish:{subject}", _STOCK),
    "publish_all_stock": Work("stock", 15, None, "publish_all:{subject}", _LOCAL),
    "publish_listings": Work("orders", 45, "listings:{subject}", "listings:{subject}", _SHOP),
    "audit_webhooks": Work("maintenance", 75, "hooks:{subject}", "hooks:{subject}", _POLL),
    "compare_shop": Work("maintenance", 78, "pull:{connection}", "compare:{subject}", _POLL),
    "publish_tracking": Work("orders", 40, "tracking:{subject}", "tracking:{subject}", _SHOP),
    "forget_jobs": Work("maintenance", 90, "forget", "forget_jobs", _LOCAL),
    "plan_reorders": Work("maintenance", 82, "plan_reorders", "plan_reorders", _LOCAL),
    "watch_health": Work("maintenance", 85, "watch", "watch_health", _LOCAL),
    "pull_messages": Work("orders", 50, "pull:{connection}", "pull_messages:{connection}", _POLL),
    "tend_ticket": Work("orders", 45, "ticket:{subject}", "tend:{subject}", _LOCAL),
    "watch_parcel": Work("orders", 45, "parcel:{subject}", "watch_parcel:{subject}", _LOCAL),
    "track_parcel": Work("orders", 70, "track:{subject}", "track:{subject}", _PARCEL),
}  # fmt: skip


def draft(
    kind: str, subject: str, connection_id: str | None = None, *, event_id: str | None = None,
    run_at: datetime, payload: Mapping[str, Any] | None = None, caused_by: str | None = None,
) -> JobDraft:  # fmt: skip
    """Describe a job of a kind; the table says the rest."""
    work = WORK[kind]
    names = {"subject": subject, "connection": connection_id or ""}
    return JobDraft(
        kind=kind, queue=work.queue, priority=work.priority, subject=subject,
        connection_id=connection_id, event_id=event_id, run_at=run_at, payload=dict(payload or {}),
        serial_key=work.serial.format(**names) if work.serial else None,
        coalesce_key=work.coalesce.format(**names) if work.coalesce else None,
        max_attempts=work.retry.max_attempts, caused_by=caused_by,
        deadline_at=run_at + timedelta(seconds=work.retry.deadline_s)
        if work.retry.deadline_s
        else None,
    )  # fmt: skip


def owe(unit: Unit, kind: str, subject: str, connection_id: str | None = None) -> None:
    """Write a job that is due now, in the commit of the fact that causes it."""
    insert_jobs(unit, [draft(kind, subject, connection_id, run_at=unit.now)])
