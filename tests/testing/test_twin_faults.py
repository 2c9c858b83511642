"""Every fault a twin can do, one at a time: what the caller sees, and what was really done."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.testing.twins import Delivery, Outgoing, RunningTwin, Twin, TwinState, running, spawned
from hub.testing.twins.faults import KINDS, Fault, parse_fault

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

# A vendor that keeps books and lists them three a page.


def _build(state: TwinState) -> Starlette:
    async def add(request: Request) -> JSONResponse:
        given = await request.json()
        number = state.next("book")
        state.put("book", number, {"id": number, "title": given["title"]})
        state.effect("added", number, given["title"])
        if state.options.get("hook"):
            state.queue(state.options["hook"], "book.added", number, delay=3600)
        return JSONResponse({"id": number}, 201)

    async def change(request: Request) -> JSONResponse:
        id = request.path_params["id"]
        state.put("book", id, {"id": int(id), "title": (await request.json())["title"]})
        return JSONResponse({"id": int(id)})

    async def remove(request: Request) -> JSONResponse:
        return JSONResponse({"gone": state.remove("book", request.path_params["id"])})

    async def read(request: Request) -> JSONResponse:
        found = state.get("book", request.path_params["id"])
        state.effect("looked", request.path_params["id"])
        return JSONResponse(found or {}, 200 if found else 404)

    async def listing(request: Request) -> JSONResponse:
        page = int(request.query_params.get("page", 1))
        books = sorted(state.all("book"), key=lambda book: int(book["id"]))
        return JSONResponse(
            {"books": books[3 * page - 3 : 3 * page], "shop": state.setting("shop")}
        )

    return Starlette(
        routes=[
            Route("/books", add, methods=["POST"]),
            Route("/books", listing, methods=["GET"]),
            Route("/books/{id}", read, methods=["GET"]),
            Route("/books/{id}", change, methods=["PUT"]),
            Route("/books/{id}", remove, methods=["DELETE"]),
        ]
    )


def _compose(state: TwinState, delivery: Delivery) -> Outgoing:
    body = b'{"id": %s, "pages": 109}' % delivery.subject.encode()
    return Outgoing(url=delivery.target, headers=(("X-Signature", "good"),), body=body)


def _seed(state: TwinState, _folder: Path | None) -> None:
    state.keep("shop", state.options.get("shop", "ours"))


twin = Twin(
    name="books", title="Books", build=_build, seed=_seed, compose=_compose,
    second={"shop": "theirs"},
)  # fmt: skip


@pytest.fixture
def books(tmp_path: Path) -> Iterator[RunningTwin]:
    with running(twin, data=tmp_path / "books.db") as vendor:
        vendor.freeze(NOON)
        yield vendor


def add(vendor: RunningTwin, title: str = "Emma") -> httpx.Response:
    return httpx.post(f"{vendor.url}/books", json={"title": title}, timeout=2.0)


def get(vendor: RunningTwin, path: str) -> httpx.Response:
    return httpx.get(vendor.url + path, timeout=2.0)


def titles(vendor: RunningTwin, path: str = "/books") -> list[str]:
    return [book["title"] for book in get(vendor, path).json()["books"]]


def added(vendor: RunningTwin) -> list[str]:
    return [line.reference for line in vendor.log.effects("added")]


@pytest.mark.parametrize("told", [-5, "soon", "99999999999", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_rate_limit_may_announce_nonsense(books: RunningTwin, told: str | int) -> None:
    books.fault("rate_limit", retry_after=told)
    assert add(books).headers["retry-after"] == str(told)
    assert added(books) == []


def test_a_refusal_may_be_any_status(books: RunningTwin) -> None:
    books.fault("refuse", status=401, body="who are you")
    assert (add(books).status_code, added(books)) == (401, [])


def test_a_redirect_leads_elsewhere_and_does_nothing(books: RunningTwin) -> None:
    books.fault("redirect")
    answer = add(books)
    assert (answer.status_code, added(books)) == (302, [])
    assert answer.headers["location"].startswith("https://elsewhere.example/")


def test_a_gzip_bomb_is_small_until_it_is_unpacked(books: RunningTwin) -> None:
    books.fault("gzip_bomb", size=3_500_000)
    with httpx.stream("GET", f"{books.url}/books") as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 10_000
    assert len(gzip.decompress(packed)) == 3_500_000


def test_the_usual_gzip_bomb_unpacks_to_a_hundred_megabytes(books: RunningTwin) -> None:
    books.fault("gzip_bomb")
    with httpx.stream("GET", f"{books.url}/books") as answer:
        packed = b"".join(answer.iter_raw())
    unpack, size = zlib.decompressobj(16 + zlib.MAX_WBITS), 0
    while packed:
        size += len(unpack.decompress(packed, 1_000_000))
        packed = unpack.unconsumed_tail
    assert size == 100_000_000


def test_an_endless_body_goes_on_until_the_caller_hangs_up(books: RunningTwin) -> None:
    books.fault("endless")
    got = 0
    with httpx.stream("GET", f"{books.url}/books") as answer:
        for piece in answer.iter_raw():
            got += len(piece)
            if got > 1_000_000:
                break
    assert got > 1_000_000
    assert get(books, "/books").status_code == 200


def test_a_late_apply_is_done_at_its_time_and_once(books: RunningTwin) -> None:
    books.fault("late_apply", seconds=30)
    assert (add(books).status_code, added(books)) == (504, [])
    books.advance(29)
    assert added(books) == []
    books.advance(1)
    assert added(books) == ["Emma"]
    books.advance(100)
    assert added(books) == ["Emma"]
    assert [line.status for line in books.log.entries("late")] == [201]


def test_a_late_apply_survives_kill_9(tmp_path: Path) -> None:
    with spawned("tests.testing.test_twin_faults:twin", data=tmp_path / "b.db") as vendor:
        vendor.freeze(NOON)
        vendor.fault("late_apply", seconds=30)
        add(vendor)
        vendor.kill()
        vendor.start()
        vendor.advance(31)
    assert added(vendor) == ["Emma"]


def test_a_drawn_length_lies_between_its_bounds(books: RunningTwin) -> None:
    books.fault("late_apply", least=10, seconds=20, times=20)
    for _ in range(20):
        add(books)
    done = []
    for _ in range(25):
        books.advance(1)
        done.append(len(added(books)))
    assert done[8] == 0 and done[19] == 20 and len(set(done)) > 4


def test_a_stale_read_shows_what_was(books: RunningTwin) -> None:
    add(books, "Emma")
    books.fault("stale", seconds=60, times=None)
    books.advance(100)
    httpx.put(f"{books.url}/books/1", json={"title": "Persuasion"})
    add(books, "Middlemarch")
    assert get(books, "/books/1").json()["title"] == "Emma"
    assert get(books, "/books/2").status_code == 404
    assert titles(books) == ["Emma"]
    books.advance(61)
    assert titles(books) == ["Persuasion", "Middlemarch"]


def test_what_was_deleted_is_still_seen_on_a_replica(books: RunningTwin) -> None:
    add(books, "Emma")
    books.fault("stale", seconds=60, times=None)
    books.advance(100)
    httpx.delete(f"{books.url}/books/1")
    assert titles(books) == ["Emma"]
    books.clear()
    assert titles(books) == []


def test_a_read_from_a_replica_changes_nothing(books: RunningTwin) -> None:
    add(books)
    books.fault("stale")
    get(books, "/books/1")
    assert books.log.effects("looked") == []
    get(books, "/books/1")
    assert len(books.log.effects("looked")) == 1


def test_a_lagging_list_does_not_hide_the_record_itself(books: RunningTwin) -> None:
    books.fault("lagging_list", times=None)
    books.advance(100)
    add(books)
    assert titles(books) == []
    assert get(books, "/books/1").json()["title"] == "Emma"


def test_a_degraded_list_breaks_off_in_the_middle_of_paging(books: RunningTwin) -> None:
    for title in "abcd":
        add(books, title)
    books.fault("degraded_list")
    assert titles(books) == ["a", "b", "c"]
    assert titles(books, "/books?page=1") == ["a", "b", "c"]
    assert get(books, "/books?page=2").status_code == 503
    assert titles(books, "/books?page=2") == ["d"]


def test_another_shop_may_answer_and_is_never_written_to(books: RunningTwin) -> None:
    add(books)
    books.fault("wrong_shop", times=2)
    assert get(books, "/books").json() == {"books": [], "shop": "theirs"}
    assert add(books, "Persuasion").status_code == 201
    assert get(books, "/books/1").status_code == 404
    assert get(books, "/books").json()["shop"] == "ours"
    assert added(books) == ["Emma", "Persuasion"]


def test_drift_renames_a_field_wherever_it_stands(books: RunningTwin) -> None:
    add(books)
    books.fault("drift", field="title", renamed="name")
    assert get(books, "/books").json()["books"] == [{"id": 1, "name": "Emma"}]
    assert get(books, "/books/1").json() == {"id": 1, "name": "Emma"}
    books.clear("drift")
    assert get(books, "/books/1").json() == {"id": 1, "title": "Emma"}


def test_a_fault_has_its_hours_on_the_twins_clock(books: RunningTwin) -> None:
    books.fault("down", after=60, until=120)
    seen = []
    for _ in range(4):
        seen.append(get(books, "/books").status_code)
        books.advance(40)
    assert seen == [200, 200, 503, 200]


def test_a_fault_may_come_back_again_and_again() -> None:
    fault = Fault(kind="down", after=60, until=600, every=100, lasting=10, set_at=NOON.isoformat())
    down = [s for s in range(0, 800, 10) if fault.blows(NOON + timedelta(seconds=s))]
    assert down == [60, 160, 260, 360, 460, 560]


@pytest.mark.parametrize(
    ("dial", "why"),
    [
        ({"kind": "gremlin"}, "unknown fault"),
        ({"kind": "drift"}, "the field to rename"),
        ({"kind": "reset", "rate": 2}, "probability"),
    ],
)
def test_a_dial_that_means_nothing_is_refused(dial: Mapping[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_fault(dial)


def test_a_forged_webhook_follows_the_real_one_with_other_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[Outgoing] = []

    async def receive(outgoing: Outgoing) -> int:
        arrived.append(outgoing)
        return 200

    monkeypatch.setattr("hub.testing.twins.front.post", receive)
    with running(twin, data=tmp_path / "b.db", hook="http://127.0.0.1:1/hook") as vendor:
        vendor.fault("forged")
        add(vendor)
        vendor.deliver()
        assert [one.body for one in arrived] == [
            b'{"id": 1, "pages": 109}',
            b'{"id": 2, "pages": 201}',
        ]
        assert arrived[0].headers == arrived[1].headers
        assert [line.detail["forged"] for line in vendor.log.deliveries()] == [False, True]


def test_the_log_has_one_line_for_each_fault_done(books: RunningTwin) -> None:
    books.fault("error_before", times=2)
    books.fault("revoked", times=1)
    for _ in range(4):
        add(books)
    assert [line.kind for line in books.log.faults()] == ["error_before", "error_before", "revoked"]
    assert len(books.log.faults("revoked")) == 1


def test_every_kind_of_fault_can_be_dialled() -> None:
    for kind in KINDS:
        assert parse_fault({"kind": kind, "field": "id"}).kind == kind
