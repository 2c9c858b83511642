"""Buttons: they work for whoever holds the token, from a page of our own, and for nobody else."""

import re

import httpx
import pytest
from fastapi import FastAPI

from hub.services.context import Hub
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import Connected
from hub.store.ids import new_id
from hub.store.intake import Problem, keep_aside
from hub.web.app import create_app
from tests.web.visiting import ADDRESS, TOKEN, visit

BODY = b'{"id": "7", "customer": "Quillon Vexworthy"}'


@pytest.fixture
def app(hub: Hub) -> FastAPI:
    return create_app(hub, token=TOKEN)


@pytest.fixture
def nyc(hub: Hub) -> Connected:
    return hub.connection("NYC")


def dead_job(hub: Hub, shop: Connected) -> str:
    with hub.store.unit_of_work() as unit:
        owe(unit, "publish_stock", new_id(), shop.id)
        job = tables.job
        (row,) = unit.execute(job.select().where(job.c.state == "ready")).all()
        unit.execute(
            job.update().where(job.c.id == row.id).values(
                state="dead", finished_at=unit.now, last_error_class="rejected",
                last_error_text="the SKU is in the trash",
            )
        )  # fmt: skip
    return str(row.id)


def state_of(hub: Hub, job_id: str) -> str:
    with hub.store.reading() as database:
        job = tables.job
        return str(database.execute(job.select().where(job.c.id == job_id)).one().state)


def press(app: FastAPI, where: str, **form: str) -> httpx.Response:
    answer = visit(app, where, form, token=TOKEN)
    assert answer.status_code == 303, answer.text
    return visit(app, answer.headers["location"], token=TOKEN)


def forms(page: str) -> list[str]:
    return re.findall(r'<form[^>]* action="([^"]+)"', page)


# --- signing in -----------------------------------------------------------------------------------


def test_the_printed_link_signs_a_browser_in_and_the_page_shows_its_buttons(app: FastAPI) -> None:
    assert forms(visit(app, "/connections/NYC").text) == []
    answer = visit(app, f"/sign-in?token={TOKEN}")
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    page = visit(app, "/connections/NYC", token=TOKEN).text
    assert "/connections/NYC/pause" in forms(page) and "/connections/NYC/resume" not in forms(page)


def test_the_token_can_be_typed_too_and_forgotten_again(app: FastAPI) -> None:
    assert visit(app, "/sign-in", {"token": TOKEN}).status_code == 303
    gone = visit(app, "/sign-out", {}, token=TOKEN)
    assert gone.status_code == 303 and 'hub_console=""' in gone.headers["set-cookie"]


@pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], TOKEN + "x", "ü" * 20])
def test_another_token_signs_nobody_in(app: FastAPI, wrong: str) -> None:
    answer = visit(app, "/sign-in", {"token": wrong})
    assert answer.status_code in (200, 403) and "set-cookie" not in answer.headers


def test_without_a_token_of_its_own_a_hub_is_read_only(hub: Hub) -> None:
    app = create_app(hub)
    for given in ("", "x"):
        assert visit(app, "/connections/NYC/pause", {}, token=given).status_code == 403
        assert visit(app, f"/sign-in?token={given}").status_code in (200, 403)


REFUSED = [
    {"token": ""},
    {"token": "x" * 24},
    {"origin": "http://hub.example"},
    {"origin": "null"},
    {"origin": "http://localhost:9999"},
    {"origin": "https://localhost"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"host": "hub.example", "origin": "http://hub.example"},
    {"peer": "10.0.0.7"},
    {"x_forwarded_for": "203.0.113.9"},
]


@pytest.mark.parametrize("how", REFUSED, ids=str)
def test_who_has_no_token_or_comes_from_elsewhere_changes_nothing(
    app: FastAPI, hub: Hub, how: dict[str, str]
) -> None:
    answer = visit(app, "/connections/NYC/pause", {}, **({"token": TOKEN} | how))
    assert answer.status_code == 403
    assert hub.connection("NYC").state == "active"


def test_a_form_without_an_origin_changes_nothing(app: FastAPI, hub: Hub) -> None:
    answer = visit(app, "/connections/NYC/pause", method="POST", token=TOKEN)
    assert answer.status_code == 403 and hub.connection("NYC").state == "active"


def test_a_form_that_is_too_large_changes_nothing(app: FastAPI, hub: Hub) -> None:
    answer = visit(app, "/connections/NYC/pause", {"reason": "x" * 5000}, token=TOKEN)
    assert answer.status_code == 403 and hub.connection("NYC").state == "active"


# --- what they do ------------------------------------------------------------------------------


def test_a_connection_is_paused_with_its_reason_and_resumed(app: FastAPI, hub: Hub) -> None:
    page = press(app, "/connections/NYC/pause", reason="stocktaking").text
    assert "Paused: its jobs wait" in page and "It is paused: stocktaking" in page
    assert "/connections/NYC/resume" in forms(page)
    page = press(app, "/connections/NYC/resume").text
    assert hub.connection("NYC").state == "active"
    assert "Nothing is wrong" in page and "healed" in page


def test_a_dead_job_is_replayed_from_its_own_page(app: FastAPI, hub: Hub, nyc: Connected) -> None:
    job_id = dead_job(hub, nyc)
    page = visit(app, f"/jobs/{job_id}", token=TOKEN).text
    assert "the SKU is in the trash" in page and "Mend that, then replay" in page
    page = press(app, f"/jobs/{job_id}/replay").text
    assert "It runs again" in page and state_of(hub, job_id) == "ready"
    again = visit(app, f"/jobs/{job_id}/replay", {}, token=TOKEN)
    assert again.status_code == 409 and "not dead" in again.text


def test_all_dead_jobs_are_replayed_only_if_they_are_as_many_as_the_button_said(
    app: FastAPI, hub: Hub, nyc: Connected
) -> None:
    jobs = [dead_job(hub, nyc) for _ in range(3)]
    assert "Replay all 3 dead jobs" in visit(app, "/jobs?state=dead", token=TOKEN).text
    refused = visit(app, "/jobs/replay", {"count": "2"}, token=TOKEN)
    assert refused.status_code == 409 and "3 jobs are dead; look again" in refused.text
    press(app, "/jobs/replay", count="3", connection="NYC")
    assert {state_of(hub, one) for one in jobs} == {"ready"}


def test_a_job_is_cancelled_and_a_dead_one_laid_to_rest_with_a_reason(
    app: FastAPI, hub: Hub, nyc: Connected
) -> None:
    job_id = dead_job(hub, nyc)
    rest = f"/jobs/{job_id}/cancel"
    assert visit(app, rest, {"state": "dead"}, token=TOKEN).status_code == 409
    page = press(app, rest, state="dead", reason="the product is gone").text
    assert "the product is gone" in page and state_of(hub, job_id) == "cancelled"
    other = dead_job(hub, nyc)
    press(app, f"/jobs/{other}/replay")
    press(app, f"/jobs/{other}/cancel", state="ready")
    assert state_of(hub, other) == "cancelled"


def test_a_kept_record_shows_its_body_only_to_who_asks_with_the_token(
    app: FastAPI, hub: Hub, nyc: Connected
) -> None:
    with hub.store.unit_of_work() as unit:
        keep_aside(unit, nyc.id, "order", [Problem(b"d" * 32, BODY, "no currency", "7")])
        item = str(unit.execute(tables.quarantine.select()).one().id)
    for token in ("", TOKEN):
        page = visit(app, f"/quarantine/{item}", token=token).text
        assert "no currency" in page and "Vexworthy" not in page
    assert visit(app, f"/quarantine/{item}/reveal", {}).status_code == 403
    shown = visit(app, f"/quarantine/{item}/reveal", {}, token=TOKEN)
    assert shown.status_code == 200 and "Vexworthy" in shown.text
    assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("where", "status"),
    [("/connections/XX/pause", 404), ("/jobs/ghost/replay", 409), ("/jobs/ghost/cancel", 409),
     ("/quarantine/ghost/retry", 409), ("/quarantine/ghost/reveal", 409)],
)  # fmt: skip
def test_what_is_not_there_is_answered_with_a_sentence(
    app: FastAPI, where: str, status: int
) -> None:
    answer = visit(app, where, {}, token=TOKEN)
    assert answer.status_code == status and "ghost" in answer.text or "XX" in answer.text


def test_the_sentence_after_a_press_comes_from_a_table_and_not_from_the_address(
    app: FastAPI,
) -> None:
    assert "all is lost" not in visit(app, "/?done=all+is+lost").text
    assert ADDRESS not in visit(app, "/?done=paused").text
