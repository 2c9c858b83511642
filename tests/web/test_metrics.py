"""`/metrics`: right numbers, for this machine or the token's holder, and nobody's name in them."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI

from hub.reports.connections import connection_detail
from hub.sdk.pacing import Breaker
from hub.services.context import Hub
from hub.services.vendors.connect import pause
from hub.services.vendors.watch import look
from hub.services.work import owe
from hub.store import tables
from hub.store.ids import new_id
from hub.store.jobs.retention import CRASH_LOOPS, add_to_tally
from hub.store.pacing_rows import State, put_state
from hub.web.app import create_app
from hub.web.metrics import GAUGES
from tests.store.conftest import SettableClock
from tests.web.visiting import TOKEN, visit


@pytest.fixture
def app(hub: Hub) -> FastAPI:
    return create_app(hub, relay_pass=hub.store.clock, token=TOKEN)


def figures(app: FastAPI) -> dict[str, float]:
    """Read the figures: name with labels → number."""
    answer = visit(app, "/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(number) for name, _, number in (line.rpartition(" ") for line in lines)}


def test_what_is_owed_and_what_is_old_is_counted(
    app: FastAPI, hub: Hub, clock: SettableClock
) -> None:
    with hub.store.unit_of_work() as unit:
        owe(unit, "pull_orders", "s", hub.connection("NYC").id)
    clock.advance(90)
    found = figures(app)
    assert found['hub_jobs{state="ready"}'] == 1
    assert found['hub_jobs_owed{kind="pull_orders",state="ready"}'] == 1
    assert found["hub_oldest_ready_seconds"] == 90 and found["hub_relay_pass_age_seconds"] == 0


def test_a_vendor_that_is_left_alone_is_one_figure(app: FastAPI, hub: Hub) -> None:
    shop = hub.connection("NYC").id
    assert figures(app)['hub_breaker_open{connection="NYC"}'] == 0
    with hub.store.unit_of_work() as unit:
        put_state(unit, shop, State(breaker=Breaker().opened(unit.now.timestamp())))
    assert figures(app)['hub_breaker_open{connection="NYC"}'] == 1


def test_what_ended_is_counted_once(app: FastAPI, hub: Hub, clock: SettableClock) -> None:
    shop = hub.connection("NYC").id
    with hub.store.unit_of_work() as unit:
        owe(unit, "pull_orders", "s", shop)
        (job,) = unit.execute(tables.job.select()).all()
        clock.advance(0.02)
        unit.execute(
            tables.job_attempt.insert().values(
                job_id=job.id, token=1, worker="w", started_at=clock(), transition="T7",
                ended_at=clock() + timedelta(seconds=1), error_class="", error_text="",
            )
        )  # fmt: skip
        unit.execute(
            tables.exchange.insert().values(
                id=new_id(), connection_id=shop, method="GET", path="/orders", outcome="ok",
                elapsed_ms=120, api_version="", at=clock(),
            )
        )  # fmt: skip
    clock.advance(60)
    attempts = 'hub_attempts_total{error_class="",kind="pull_orders",outcome="",transition="T7"}'
    for _ in range(2):
        found = figures(app)
        assert found[attempts] == 1
        assert found['hub_vendor_call_seconds_count{connection="NYC",outcome="ok"}'] == 1
        assert found['hub_dispatch_seconds_sum{queue="orders"}'] == pytest.approx(0.02)


def test_a_paused_connection_is_down_and_its_incident_open(app: FastAPI, hub: Hub) -> None:
    assert figures(app)['hub_connection_up{connection="NYC"}'] == 1
    pause(hub, "NYC", "x")
    look(hub)
    found = figures(app)
    assert found['hub_connection_up{connection="NYC"}'] == 0
    assert found['hub_incidents_open{connection="NYC",what="paused"}'] == 1


def test_jobs_that_kept_killing_their_process_are_counted_for_ever(app: FastAPI, hub: Hub) -> None:
    with hub.store.unit_of_work() as unit:
        shop = hub.connection("NYC").id
        add_to_tally(unit, {("pull_orders", shop, CRASH_LOOPS): 2, ("forget", "", CRASH_LOOPS): 1})
    found = figures(app)
    assert found['hub_crash_loops{connection="NYC",kind="pull_orders"}'] == 2
    assert found['hub_crash_loops{connection="",kind="forget"}'] == 1
    with hub.store.reading() as database:
        assert connection_detail(database, "NYC", hub.store.clock()).crash_loops == 2


def test_every_figure_says_what_it_means(app: FastAPI) -> None:
    text = visit(app, "/metrics").text
    helped = set(re.findall(r"^# HELP (\w+) \S", text, re.M))
    assert {f"hub_{name}" for name in GAUGES} <= helped


def test_from_elsewhere_only_the_token_opens_it(app: FastAPI) -> None:
    for bearer, status in (("", 403), ("Bearer x", 403), (f"Bearer {TOKEN}", 200)):
        answer = visit(app, "/metrics", peer="10.0.0.7", host="hub.example", authorization=bearer)
        assert answer.status_code == status


def test_a_name_the_hub_does_not_answer_to_is_refused_everywhere(hub: Hub) -> None:
    app = create_app(hub, hosts=("Hub.Example",))
    for host, status in (("hub.example", 200), ("hub.example:443", 200), ("localhost", 200),
                         ("other.example", 421), ("", 421),
                         ("hub.example.evil.example", 421)):  # fmt: skip
        assert visit(app, "/health", host=host).status_code == status, host


def test_a_broker_that_is_away_is_a_warning_and_no_reason_to_stop(hub: Hub) -> None:
    app = create_app(hub, degraded=lambda: "Redis does not answer")
    answer = visit(app, "/ready").json()
    assert answer["warnings"] == ["Redis does not answer"]
    assert all("Redis" not in reason for reason in answer["reasons"])
