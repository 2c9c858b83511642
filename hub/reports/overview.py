"""The hub at a glance: connections and their health, orders and jobs counted, what is wrong."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.domain.health import Health, judge
from hub.reports.connections import ConnectionRow, connection_rows
from hub.reports.findings import Finding, connection_findings, work_findings
from hub.reports.health import oldest_due
from hub.reports.incidents import WEEK, History, history
from hub.reports.jobs import jobs_by_state
from hub.reports.orders import orders_by_phase
from hub.store.signals import read_signals


@dataclass(frozen=True)
class ConnectionHealth:
    """A connection and how it does."""

    connection: ConnectionRow
    health: Health


@dataclass(frozen=True)
class Overview:
    """What an operator wants to know first."""

    connections: tuple[ConnectionHealth, ...]
    phases: dict[str, int]
    jobs: dict[str, int]
    due_since: datetime | None
    """Since when the most patient job is due."""
    problems: tuple[Finding, ...]
    history: History


def overview(
    database: Connection, connectors: Container[str], now: datetime, at_work: bool
) -> Overview:
    """Look over the whole hub; `connectors` are those that plugins bring."""
    return Overview(
        connections=connections_with_health(database, connectors, now),
        phases=orders_by_phase(database), jobs=jobs_by_state(database),
        due_since=oldest_due(database, now),
        problems=(*_problems(connection_findings(database, connectors, now)),
                  *_problems(work_findings(database, now, at_work))),
        history=history(database, now - WEEK, limit=12),
    )  # fmt: skip


def connections_with_health(
    database: Connection, connectors: Container[str], now: datetime
) -> tuple[ConnectionHealth, ...]:
    """Give every connection, oldest first, with how it does."""
    health = {one.connection_id: judge(one, now) for one in read_signals(database, connectors, now)}
    return tuple(ConnectionHealth(row, health[row.id]) for row in connection_rows(database))


def _problems(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if not finding.ok)
