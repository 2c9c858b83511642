"""The weather by name: each profile does what its table says, and the same seed does the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.twins import Delivery, LogEntry, Outgoing, Twin, TwinState, log, running
from hub.testing.twins.dials import FaultDials
from hub.testing.twins.faults import KINDS, WEBHOOK, Fault
from hub.testing.twins.front import FrontDoor
from hub.testing.twins.profiles import DAY, PROFILES, WORST, set_weather, weather

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HARD = ("revoked", "drift", "wrong_shop", "refuse")


def _build(state: TwinState) -> Starlette:
    async def notes(request: Request) -> JSONResponse:
        if request.method == "POST":
            state.put("note", state.next("note"), {})
            state.queue("http://hub.example/hook", "note.added", state.next("hook"))
        return JSONResponse({"notes": len(state.all("note"))})

    return Starlette(routes=[Route("/notes", notes, methods=["GET", "POST"])])


def _compose(_state: TwinState, delivery: Delivery) -> Outgoing:
    return Outgoing(url=delivery.target, headers=(), body=delivery.subject.encode())


twin = Twin(name="notes", title="Notes", build=_build, seed=lambda *_: None, compose=_compose)


class Line:
    """A caller's end of a connection, in this process; it hangs up after its request."""

    def __init__(self) -> None:
        self.transport = self
        self._messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive(self) -> Any:
        return self._messages.pop() if self._messages else {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        pass

    def get_extra_info(self, _name: str) -> Line:
        return self

    def setsockopt(self, *_: Any) -> None:
        pass

    def close(self) -> None:
        pass

    abort = close


class Vendor:
    """A twin without a socket, its clock frozen, its file in memory."""

    def __init__(self, name: str, seed: int, **more: float) -> None:
        self.state = TwinState(Path(":memory:"))
        self.state.clock.freeze(NOON)
        self.door = FrontDoor(twin, self.state)
        set_weather(self.door.dials, self.state, name, seed, **more)

    def keep_only(self, fault: Fault) -> None:
        self.door.dials.clear()
        self.door.dials.set(fault)

    async def ask(self, method: str, query: str = "") -> None:
        line = Line()
        scope = {
            "type": "http", "method": method, "path": "/notes", "query_string": query.encode(),
            "headers": [], "root_path": "", "http_version": "1.1", "scheme": "http",
        }  # fmt: skip
        await self.door(scope, line.receive, line.send)

    def lines(self, entry: str) -> list[LogEntry]:
        return log.read(self.state.connection, entry=entry)

    async def visit(self, times: int, seconds_between: float = 0.0) -> Vendor:
        """Read, write and page, over and over, letting the webhooks out in between."""
        for number in range(times):
            await self.ask(*[("GET", ""), ("POST", ""), ("GET", "page=2")][number % 3])
            self.state.clock.advance(seconds_between)
            if number % 7 == 0:
                await self.door.deliver()
        return self


@pytest.fixture(autouse=True)
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Webhooks are taken by nobody, at once; waiting is over at once."""

    async def post(_outgoing: Outgoing) -> int:
        return 200

    sleep = asyncio.sleep
    monkeypatch.setattr("hub.testing.twins.front.post", post)
    monkeypatch.setattr("hub.testing.twins.wire.asyncio.sleep", lambda _seconds: sleep(0))
    yield


SINGLE = [
    pytest.param(name, fault, id=f"{name}-{fault.kind}-{number}")
    for name, profile in PROFILES.items()
    if name != "worst"
    for number, fault in enumerate(profile.faults)
    if fault.kind not in WEBHOOK and fault.every is None
]


@pytest.mark.parametrize(("name", "fault"), SINGLE)
def test_each_fault_is_as_frequent_as_its_table_says(name: str, fault: Fault) -> None:
    vendor = Vendor(name, seed=7)
    vendor.keep_only(replace(fault, size=1000))
    asyncio.run(vendor.visit(300))
    asked = [line for line in vendor.lines("answer") if fault.meets(line.method, line.path)]
    if fault.kind == "degraded_list":
        asked = [line for line in asked if "page=2" in line.path]
    expected, spread = len(asked) * fault.rate, sqrt(len(asked) * fault.rate * (1 - fault.rate))
    assert abs(len(vendor.lines("fault")) - expected) <= 3 * spread
    assert {line.kind for line in vendor.lines("fault")} <= {fault.kind}


def test_a_burst_has_its_minute_in_every_ten() -> None:
    vendor = Vendor("busy_monday", seed=3)
    vendor.keep_only(PROFILES["busy_monday"].faults[0])
    asyncio.run(vendor.visit(600, seconds_between=10))
    minutes = {int((line.at - NOON).total_seconds()) // 60 % 10 for line in vendor.lines("fault")}
    assert minutes == {0}
    assert 15 < len(vendor.lines("fault")) < 45  # half of some sixty


def test_webhooks_are_as_unreliable_as_their_table_says() -> None:
    vendor = asyncio.run(Vendor("unreliable_webhooks", seed=7).visit(1200, seconds_between=600))
    owed = vendor.state.next("hook") - 1
    found = Counter(line.kind for line in vendor.lines("fault"))
    assert owed == 400
    for kind, rate in {"drop": 0.30, "late": 0.15, "forged": 0.10, "duplicate": 0.15 * 0.7}.items():
        assert abs(found[kind] - owed * rate) < 4 * sqrt(owed * rate), kind
    assert set(found) <= set(WEBHOOK)


def test_calm_weather_does_nothing() -> None:
    assert asyncio.run(Vendor("calm", seed=1).visit(60)).lines("fault") == []


def _worst(seed: int, visits: int = 900) -> Vendor:
    vendor = Vendor("worst", seed)
    return asyncio.run(vendor.visit(visits, seconds_between=7 * DAY / visits))


def test_the_worst_weather_has_everything_that_heals_by_itself_and_heals() -> None:
    vendor = _worst(seed=5)
    faults = vendor.lines("fault")
    assert {line.kind for line in faults} >= set(KINDS) - set(HARD) - {"endless"}
    assert all((line.at - NOON).total_seconds() < 6 * DAY for line in faults)
    last_day = [a for a in vendor.lines("answer") if (a.at - NOON).total_seconds() >= 6 * DAY]
    assert len(last_day) > 100 and {answer.status for answer in last_day} == {200}


def test_the_same_seed_does_the_same_and_another_seed_does_not() -> None:
    def story(seed: int) -> list[tuple[str, str, str]]:
        return [(a.method, a.path, a.kind) for a in _worst(seed, visits=150).lines("answer")]

    first = story(5)
    assert first == story(5)
    assert first != story(6)


def test_no_profile_does_what_only_a_person_can_mend() -> None:
    kinds = {fault.kind for profile in PROFILES.values() for fault in profile.faults}
    assert kinds == set(KINDS) - set(HARD)


def test_the_worst_weather_is_all_the_others_together() -> None:
    others = {one for name, p in PROFILES.items() if name != "worst" for one in p.faults}
    assert set(WORST.faults) == others


def test_a_weather_can_be_made_to_heal_sooner() -> None:
    vendor = asyncio.run(Vendor("worst", 5, heals_after=600.0).visit(120, seconds_between=10))
    assert max(line.at for line in vendor.lines("fault")) < NOON.replace(minute=10)


def test_faults_set_by_hand_outlive_a_change_of_weather() -> None:
    vendor = Vendor("worst", seed=5)
    vendor.door.dials.set(Fault(kind="revoked", times=None))
    set_weather(vendor.door.dials, vendor.state, "calm", 0)
    assert [fault.kind for fault in vendor.door.dials.current()] == ["revoked"]


def test_chance_goes_on_after_a_restart_where_it_was(tmp_path: Path) -> None:
    def draws(restarted: bool) -> list[bool]:
        state = TwinState(tmp_path / f"{restarted}.db")
        state.clock.freeze(NOON)
        dials = FaultDials(state, {})
        set_weather(dials, state, "busy_monday", 3)
        drawn = []
        for number in range(20):
            if restarted and number == 10:
                state.close()
                state = TwinState(state.path)
                dials = FaultDials(state, {})
            drawn.append(dials.take(["rate_limit"], "GET", "/") is not None)
        state.close()
        return drawn

    assert draws(True) == draws(False)


def test_the_weather_is_set_at_the_start_and_over_the_control_endpoint(tmp_path: Path) -> None:
    data = tmp_path / "notes.db"
    with running(twin, data=data, profile="flaky_network") as vendor:
        now = httpx.get(f"{vendor.url}/_twin/profile").json()
        assert (now["name"], now["seed"]) == ("flaky_network", 0)
        vendor.profile("worst", seed=7, heals_after=60)
        now = httpx.get(f"{vendor.url}/_twin/profile").json()
        assert (now["name"], now["seed"], now["heals_after"]) == ("worst", 7, 60)
        with pytest.raises(ValueError, match="there are calm, busy_monday"):
            vendor.profile("fog")


def test_a_restart_does_not_begin_the_same_weather_anew(tmp_path: Path) -> None:
    data = tmp_path / "notes.db"
    with running(twin, data=data, profile="worst") as vendor:
        since = httpx.get(f"{vendor.url}/_twin/profile").json()["since"]
    with running(twin, data=data, profile="worst") as vendor:
        assert httpx.get(f"{vendor.url}/_twin/profile").json()["since"] == since


def test_without_a_profile_it_is_calm() -> None:
    state = TwinState(Path(":memory:"))
    assert weather(state)["name"] == "calm"
    state.close()
