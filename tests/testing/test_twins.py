"""The twin kit: what a simulated vendor did is known, survives kill -9, and fails on request."""

from __future__ import annotations

import json
import sqlite3
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.twins import (
    ActionError,
    Delivery,
    Outgoing,
    RunningTwin,
    TlsFiles,
    Twin,
    TwinLog,
    TwinState,
    running,
    spawned,
)

# A vendor small enough to fit here: it sells stamps and tells a hook about each.


def _build(state: TwinState) -> Starlette:
    async def buy(request: Request) -> JSONResponse:
        if request.scope["twin.revoked"]:
            return JSONResponse({"error": "bad key"}, status_code=401)
        given = await request.json()
        if given.get("mistake"):
            state.put("stamp", "half-done", {})
            raise ZeroDivisionError("a mistake in the twin")
        number = state.next("stamp")
        state.put("stamp", number, {"id": number, "for": given["for"]})
        state.effect("bought", number, given["for"])
        if hook := state.setting("hook"):
            state.queue(hook, "stamp.bought", number)
        return JSONResponse({"id": number, "for": given["for"]})

    async def count(_request: Request) -> JSONResponse:
        return JSONResponse({"stamps": len(state.all("stamp"))})

    return Starlette(
        routes=[
            Route("/stamps", buy, methods=["POST"]),
            Route("/stamps", count, methods=["GET"]),
        ]
    )


def _seed(state: TwinState, folder: Path | None) -> None:
    state.put("shelf", 1, {"colour": state.options.get("colour", "red"), "from": str(folder)})


def _compose(state: TwinState, delivery: Delivery) -> Outgoing:
    body = json.dumps(state.get("stamp", delivery.subject)).encode()
    return Outgoing(url=delivery.target, headers=(("Content-Type", "application/json"),), body=body)


def _hook(state: TwinState, given: Mapping[str, Any]) -> dict[str, Any]:
    if "url" not in given:
        raise ActionError("no url")
    state.keep("hook", given["url"])
    return {"hook": given["url"]}


twin = Twin(
    name="stamps",
    title="Stamps",
    build=_build,
    seed=_seed,
    actions={"hook": _hook},
    compose=_compose,
)


@pytest.fixture
def stamps(tmp_path: Path) -> Iterator[RunningTwin]:
    with running(twin, data=tmp_path / "stamps.db") as vendor:
        yield vendor


def buy(vendor: RunningTwin, name: str = "me", **more: Any) -> httpx.Response:
    return httpx.post(f"{vendor.url}/stamps", json={"for": name} | more, timeout=2.0)


def bought(vendor: RunningTwin) -> list[str]:
    return [line.reference for line in vendor.log.effects("bought")]


def test_an_effect_and_its_answer_are_in_the_log(stamps: RunningTwin) -> None:
    assert buy(stamps, "ann").json() == {"id": 1, "for": "ann"}
    (effect,) = stamps.log.effects("bought")
    assert (effect.method, effect.path) == ("POST", "/stamps")
    assert (effect.subject, effect.reference) == ("1", "ann")
    (answer,) = stamps.log.answers("POST", "/stamps")
    assert answer.status == 200 and answer.kind == ""


def test_the_log_can_also_be_read_over_the_control_endpoint(stamps: RunningTwin) -> None:
    buy(stamps, "ann")
    lines = httpx.get(f"{stamps.url}/_twin/log", params={"entry": "effect"}).json()
    assert [line["reference"] for line in lines] == ["ann"]


def test_the_log_cannot_be_rewritten(stamps: RunningTwin) -> None:
    buy(stamps)
    connection = sqlite3.connect(stamps.data)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM log")
    connection.close()


def test_a_mistake_in_the_twin_undoes_its_changes_and_shows(stamps: RunningTwin) -> None:
    assert buy(stamps, mistake=True).status_code == 500
    assert stamps.documents("stamp") == []
    assert stamps.log.answers("POST")[0].kind == "twin_error"


@pytest.mark.parametrize(
    ("fault", "dial", "status"),
    [
        ("refuse", {"status": 422, "body": "no"}, 422),
        ("rate_limit", {}, 429),
        ("error_before", {}, 500),
        ("down", {}, 503),
        ("html", {}, 200),
        ("revoked", {}, 401),
    ],
)
def test_a_fault_before_the_effect_leaves_nothing_done(
    stamps: RunningTwin, fault: str, dial: dict[str, Any], status: int
) -> None:
    stamps.fault(fault, path="/stamps", **dial)
    assert buy(stamps).status_code == status
    assert bought(stamps) == []
    assert stamps.log.answers("POST")[0].kind == fault


def test_an_error_after_the_effect_hides_what_was_done(stamps: RunningTwin) -> None:
    stamps.fault("error_after", status=502)
    assert buy(stamps).status_code == 502
    assert bought(stamps) == ["me"]


def test_a_timeout_after_the_effect_gives_no_answer_at_all(stamps: RunningTwin) -> None:
    stamps.fault("timeout_after")
    with pytest.raises(httpx.RemoteProtocolError):
        buy(stamps)
    assert bought(stamps) == ["me"]


def test_a_reset_connection_did_nothing(stamps: RunningTwin) -> None:
    stamps.fault("reset")
    with pytest.raises(httpx.ReadError):
        buy(stamps)
    assert bought(stamps) == []


def test_a_truncated_answer_ends_in_the_middle(stamps: RunningTwin) -> None:
    stamps.fault("truncated")
    with pytest.raises(httpx.RemoteProtocolError):
        buy(stamps)
    assert bought(stamps) == ["me"]


def test_a_malformed_answer_is_complete_but_no_json(stamps: RunningTwin) -> None:
    stamps.fault("malformed")
    answer = buy(stamps)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_slow_answer_drips_in_and_is_whole(stamps: RunningTwin) -> None:
    stamps.fault("slow", seconds=0.3)
    began = time.monotonic()
    assert buy(stamps).json()["id"] == 1
    assert time.monotonic() - began >= 0.25


def test_a_rate_limit_says_how_long_to_wait_when_told_to(stamps: RunningTwin) -> None:
    stamps.fault("rate_limit", retry_after=7)
    stamps.fault("rate_limit")
    assert buy(stamps).headers["retry-after"] == "7"
    assert "retry-after" not in buy(stamps).headers


def test_a_fault_meets_only_its_method_and_path_and_only_so_often(stamps: RunningTwin) -> None:
    stamps.fault("error_before", method="GET", path="^/stamps$", times=2)
    assert buy(stamps).status_code == 200
    codes = [httpx.get(f"{stamps.url}/stamps").status_code for _ in range(3)]
    assert codes == [500, 500, 200]


def test_an_outage_lasts_until_cleared(stamps: RunningTwin) -> None:
    stamps.fault("down")
    assert [buy(stamps).status_code for _ in range(3)] == [503, 503, 503]
    stamps.clear()
    assert buy(stamps).status_code == 200


def test_an_unknown_fault_is_refused(stamps: RunningTwin) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        stamps.fault("gremlin")


def test_the_clock_can_be_frozen_moved_and_let_go(stamps: RunningTwin) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    stamps.freeze(noon)
    buy(stamps)
    assert stamps.log.effects()[0].at == noon
    stamps.advance(3600)
    assert stamps.now() == noon + timedelta(hours=1)
    stamps.unfreeze()
    assert timedelta(0) < stamps.now() - noon - timedelta(hours=1) < timedelta(minutes=1)


def test_a_twin_may_live_by_anothers_clock_and_does_what_is_due_when_told(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    with running(twin, data=tmp_path / "stamps.db", clock=lambda: now[0]) as vendor:
        vendor.fault("late_apply", seconds=60)
        assert vendor.follows and vendor.next_due() is None
        assert buy(vendor).status_code >= 500
        assert vendor.next_due() == now[0] + timedelta(minutes=1)
        vendor.settle()
        assert bought(vendor) == []
        now[0] += timedelta(minutes=1)
        vendor.settle()
        assert bought(vendor) == ["me"] and vendor.next_due() is None
        assert vendor.log.effects()[0].at == vendor.now() == now[0]
        with pytest.raises(ValueError, match="another's clock"):
            vendor.advance(60)


def test_documents_can_be_read_and_changed_from_outside(stamps: RunningTwin) -> None:
    stamps.merge("shelf", 1, colour="blue")
    assert stamps.document("shelf", 1)["colour"] == "blue"
    with pytest.raises(ActionError, match="no shelf 2"):
        stamps.document("shelf", 2)


def test_actions_are_the_vendors_own_and_may_refuse(stamps: RunningTwin) -> None:
    with pytest.raises(ActionError, match="no url"):
        stamps.action("hook")
    with pytest.raises(ActionError, match="no action fly"):
        stamps.action("fly")


def test_a_twin_killed_and_restarted_remembers_everything(tmp_path: Path) -> None:
    name = "tests.testing.test_twins:twin"
    with spawned(name, data=tmp_path / "t.db", colour="green") as vendor:
        first_url = vendor.url
        buy(vendor, "ann")
        vendor.fault("down", path="/never")
        vendor.kill()
        assert [line.reference for line in TwinLog(tmp_path / "t.db").effects()] == ["ann"]
        vendor.start()
        assert vendor.url == first_url
        assert buy(vendor, "bob").json()["id"] == 2
        assert vendor.document("shelf", 1)["colour"] == "green"
        assert len(httpx.get(f"{vendor.url}/_twin/faults").json()) == 1
    assert bought(vendor) == ["ann", "bob"]


def test_a_twin_serves_tls_with_the_certificate_given(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    files = TlsFiles(tmp_path / "cert.pem", tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(files.certificate)
    certificate.private_key_pem.write_to_path(files.key)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with running(twin, data=tmp_path / "t.db", tls=files) as vendor:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        answer = httpx.get(f"{vendor.url}/stamps", verify=trusting)
        assert vendor.url.startswith("https://") and answer.status_code == 200


# -- webhooks -------------------------------------------------------------------------------------


class Receiver:
    """Writes down what arrives, and answers with `status`."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                outer.bodies.append(json.loads(self.rfile.read(length)))
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiving = Receiver()
    thread = threading.Thread(target=receiving.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield receiving
    receiving.server.shutdown()
    thread.join()
    receiving.server.server_close()


@pytest.fixture
def hooked(stamps: RunningTwin, receiver: Receiver) -> RunningTwin:
    stamps.action("hook", url=receiver.url)
    return stamps


def hold(vendor: RunningTwin) -> None:
    """Keep the twin's own loop from sending what the test wants to send at its word."""
    vendor.fault("late", times=None, seconds=3600)


def test_webhooks_leave_by_themselves(hooked: RunningTwin, receiver: Receiver) -> None:
    buy(hooked, "ann")
    deadline = time.monotonic() + 5
    while not hooked.log.deliveries() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert receiver.bodies == [{"id": 1, "for": "ann"}]
    assert hooked.log.deliveries()[0].status == 200


def test_late_webhooks_wait_for_their_time(hooked: RunningTwin, receiver: Receiver) -> None:
    hold(hooked)
    buy(hooked, "ann")
    time.sleep(0.15)
    assert receiver.bodies == [] and len(hooked.owed()) == 1
    hooked.advance(3601)
    deadline = time.monotonic() + 5
    while not receiver.bodies and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(receiver.bodies) == 1


def test_owed_webhooks_survive_kill_9(tmp_path: Path, receiver: Receiver) -> None:
    with spawned("tests.testing.test_twins:twin", data=tmp_path / "t.db") as vendor:
        vendor.action("hook", url=receiver.url)
        hold(vendor)
        buy(vendor, "ann")
        vendor.kill()
        vendor.start()
        assert [sent["status"] for sent in vendor.deliver()] == [200]
    assert receiver.bodies == [{"id": 1, "for": "ann"}]


@pytest.mark.parametrize(
    ("fault", "arriving"), [("duplicate", [1, 1, 2]), ("drop", [2]), ("reorder", [2, 1])]
)
def test_webhooks_can_be_doubled_lost_and_shuffled(
    hooked: RunningTwin, receiver: Receiver, fault: str, arriving: list[int]
) -> None:
    hold(hooked)
    buy(hooked)
    buy(hooked)
    hooked.fault(fault)
    hooked.deliver()
    assert [body["id"] for body in receiver.bodies] == arriving


def test_a_receiver_that_is_gone_is_an_outcome_without_status(hooked: RunningTwin) -> None:
    hooked.action("hook", url="http://127.0.0.1:1/nobody")
    hold(hooked)
    buy(hooked)
    assert [sent["status"] for sent in hooked.deliver()] == [None]
    assert hooked.owed() == []
