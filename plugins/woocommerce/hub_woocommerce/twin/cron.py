"""WP-Cron: webhooks leave the shop only while somebody visits it, and once a minute at most."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.testing.twins import TwinState

UNTIL_SOMEBODY_COMES = timedelta(days=3650).total_seconds()
A_SECOND = 25
"""Deliveries a run sends each second: measured, 500 in 20 s."""


def delay(state: TwinState) -> float:
    """Give how many seconds a delivery waits; with cron on, until a visit sets it going."""
    if _interval(state):
        return UNTIL_SOMEBODY_COMES
    return float(state.options.get("webhook_delay", "0"))


def visit(state: TwinState) -> None:
    """Let a request set cron going, as any request to WordPress does: what waits is sent now."""
    interval, now = _interval(state), state.clock.now()
    ran_at = state.setting("cron_ran_at")
    if not interval or (ran_at and now < datetime.fromisoformat(ran_at) + interval):
        return
    state.keep("cron_ran_at", now.isoformat())
    waiting = state.connection.execute(
        "SELECT id FROM delivery WHERE due_at > ? ORDER BY id",
        ((now + timedelta(days=365)).isoformat(),),
    ).fetchall()
    for place, (id,) in enumerate(waiting):
        due = now + timedelta(seconds=place / A_SECOND)
        state.connection.execute(
            "UPDATE delivery SET due_at = ? WHERE id = ?", (due.isoformat(), id)
        )


def _interval(state: TwinState) -> timedelta:
    return timedelta(seconds=float(state.options.get("cron", "0")))
