"""The hub at a glance: connections and their health, orders and jobs counted, what is wrong."""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.records.connection import ConnectionState
from hub.reports.connections import ConnectionRow, connection_rows
from hub.reports.findings import Finding, connection_findings, work_findings
from hub.reports.jobs import jobs_by_state
from hub.reports.orders import orders_by_phase

WELL, TROUBLED = "well", "needs_attention"


@dataclass(frozen=True)
class ConnectionHealth:
    """A connection and, in one word, how it does: its state, or what is known beside it."""

    connection: ConnectionRow
    health: str


@dataclass(frozen=True)
class Overview:
    """What an operator wants to know first."""

    connections: tuple[ConnectionHealth, ...]
    phases: dict[str, int]
    jobs: dict[str, int]
    problems: tuple[Finding, ...]


def overview(
    database: Connection, connectors: Container[str], now: datetime, at_work: bool
) -> Overview:
    """Look over the whole hub; `connectors` are those that plugins bring."""
    of_connections = _problems(connection_findings(database, connectors, now))
    of_work = _problems(work_findings(database, now, at_work))
    troubled = {problem.check for problem in of_connections}
    return Overview(
        connections=tuple(
            ConnectionHealth(row, health(row, troubled)) for row in connection_rows(database)
        ),
        phases=orders_by_phase(database), jobs=jobs_by_state(database),
        problems=(*of_connections, *of_work),
    )  # fmt: skip


def _problems(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if not finding.ok)


def health(connection: ConnectionRow, troubled: Collection[str]) -> str:
    """Name how a connection does; `troubled` are the codes something was found about."""
    if connection.state != ConnectionState.ACTIVE:
        return connection.state
    return TROUBLED if connection.code in troubled else WELL
