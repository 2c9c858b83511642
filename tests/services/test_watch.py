"""Watching: troubles open incidents once, and heal by the look that finds them gone."""

from datetime import timedelta

from hub.domain.health import What, judge
from hub.reports.incidents import history
from hub.services.context import Hub
from hub.services.vendors.connect import pause, resume
from hub.services.vendors.watch import ABSENT, look
from hub.store import tables
from hub.store.connections import Connected
from hub.store.ids import new_id
from hub.store.signals import read_signals
from tests.store.conftest import SettableClock

LONG_AGO = timedelta(days=30)


def told(hub: Hub) -> list[tuple[str, str, bool, int]]:
    """Give every incident that is shown: whose, what, whether it healed, how many failures."""
    with hub.store.reading() as database:
        past = history(database, hub.store.clock() - LONG_AGO)
    return sorted((one.connection, one.what, one.healed_at is not None, one.times)
                  for one in past.incidents)  # fmt: skip


def attempt(hub: Hub, shop: Connected, error_class: str = "") -> None:
    """An attempt of a job of this shop ends now."""
    now, job_id = hub.store.clock(), new_id()
    with hub.store.unit_of_work() as unit:
        unit.execute(
            tables.job.insert().values(
                id=job_id, kind="pull_orders", queue="orders", connection_id=shop.id,
                state="succeeded", run_at=now, created_at=now, priority=50, attempt=1,
                max_attempts=5, outcome="", crash_count=0, suspect=False, token=1,
                dispatch_count=0, cancel_requested=False, hold_reason="", subject="", payload={},
                last_error_class="", last_error_text="", counters={}, correlation_id="",
            )
        )  # fmt: skip
        unit.execute(
            tables.job_attempt.insert().values(
                job_id=job_id, token=1, worker="w", started_at=now, ended_at=now,
                transition="T8" if error_class else "T7", error_class=error_class,
                error_text="503" if error_class else "",
            )
        )  # fmt: skip


def test_a_pause_is_an_incident_until_it_is_resumed(hub: Hub, clock: SettableClock) -> None:
    pause(hub, "NYC", "stocktaking")
    look(hub)
    look(hub)
    assert told(hub) == [("NYC", "paused", False, 1)]
    clock.advance(60)
    resume(hub, "NYC")
    look(hub)
    assert told(hub) == [("NYC", "paused", True, 1)]


def test_an_outage_is_told_with_its_beginning_and_its_end(
    hub: Hub, shop: Connected, clock: SettableClock
) -> None:
    look(hub)
    clock.advance(60)
    began = clock()
    for _ in range(3):
        attempt(hub, shop, "transient")
        clock.advance(60)
    look(hub)
    assert told(hub) == [("NYC", "unreachable", False, 3)]
    attempt(hub, shop)
    healed = clock()
    clock.advance(60)
    look(hub)
    with hub.store.reading() as database:
        (one,) = history(database, began).incidents
    assert (one.opened_at, one.healed_at, one.times) == (began, healed, 3)
    look(hub)
    assert told(hub) == [("NYC", "unreachable", True, 3)]


def test_a_single_failure_that_healed_is_counted_and_not_told(
    hub: Hub, shop: Connected, clock: SettableClock
) -> None:
    look(hub)
    for error_class in ("transient", ""):
        clock.advance(30)
        attempt(hub, shop, error_class)
    clock.advance(30)
    look(hub)
    with hub.store.reading() as database:
        past = history(database, clock() - LONG_AGO)
    assert past.incidents == () and past.hiccups == 1


def test_what_fails_now_is_seen_before_anybody_looked(
    hub: Hub, shop: Connected, clock: SettableClock
) -> None:
    look(hub)
    clock.advance(1)
    attempt(hub, shop, "transient")
    with hub.store.reading() as database:
        (signals,) = read_signals(database, {"scripted"}, clock())
    assert [one.what for one in judge(signals, clock()).troubles] == [What.UNREACHABLE]
    assert told(hub) == []


def test_a_hub_that_was_not_at_work_says_so(hub: Hub, clock: SettableClock) -> None:
    look(hub)
    clock.advance(ABSENT.total_seconds() + 60)
    look(hub)
    assert told(hub) == [("", "not_at_work", True, 1)]
    look(hub)
    assert len(told(hub)) == 1
