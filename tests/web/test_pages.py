"""The pages of the console: right numbers, for this machine only, and nobody's name in them."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from hub.records.order import Phase
from hub.records.payment import Verdict
from hub.records.shipment import ShipmentState
from hub.store import tables
from hub.store.jobs import JobState
from hub.testing.twins import load_twin
from hub.web import pages
from hub.web.app import create_app
from hub.web.rendering import MARKS, TONES
from tests.journeys.story import SHOP, VEXWORTHY, Story

HERE = ("127.0.0.1", 50000)
LOCAL_HOSTS = ("localhost", "localhost:8400", "127.0.0.1:8400", "127.9.9.9", "[::1]:8400")
FOREIGN_HOSTS = ("hub.example", "hub.example:8400", "127.0.0.1.example", "10.0.0.7:8400", "", "[")
LOCAL_PEERS = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
FOREIGN_PEERS = ("10.0.0.7", "::ffff:10.0.0.7", "testclient", "")
ADDRESSES = (
    "/", "/orders", "/orders/NYC-1", "/static/hub.css", "/connections", "/connections/NYC", "/jobs",
    "/jobs/ghost", "/effects", "/effects/ghost", "/quarantine", "/quarantine/ghost", "/incidents",
    "/sign-in",
)  # fmt: skip
SMALL_PAGE = 6
"""The sample store is small; a list of it shall still have several pages."""

SCRIPT = '<script>alert("soap")</script>'


def ask(
    app: FastAPI, where: str, host: str = "localhost", peer: str = HERE[0], **headers: str
) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(peer, HERE[1]))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(where, headers={"host": host, **headers})

    return asyncio.run(run())


@dataclass(frozen=True)
class Seen:
    """A hub that has lived, and its pages."""

    story: Story
    app: FastAPI
    shipped: str

    def page(self, where: str, status: int = 200) -> str:
        answer = ask(self.app, where)
        assert answer.status_code == status, answer.text
        return answer.text

    def numbers(self, where: str) -> list[str]:
        """Give the orders a list shows, from top to bottom."""
        return re.findall(r'<th scope="row"><a href="/orders/([^"]+)">', self.page(where))

    def walk(self, where: str) -> Iterator[list[str]]:
        """Follow “Older” to the end."""
        while where:
            yield self.numbers(where)
            older = re.search(r'href="([^"]+)" rel="next"', self.page(where))
            where = unescape(older.group(1)) if older else ""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Seen]:
    """The sample store, imported and open for business, with one parcel on its way."""
    with ExitStack() as ending, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "PAGE", SMALL_PAGE)
        folder = tmp_path_factory.mktemp("pages")
        story = Story(folder, ending, database_url=module_database_url)
        story.open_for_business()
        number = story.buy("HB-250", 2)
        story.sync()
        story.hand_over()
        yield Seen(story, create_app(story.world.hub, relay_pass=story.world.clock), number)


# --- what they show ---------------------------------------------------------------------------


def counts(page: str) -> dict[str, int]:
    """Read the phases with their numbers from the links of a page."""
    found = re.findall(r'href="/orders\?phase=(\w+)"[^>]*><span class="badge.*?<b>(.*?)</b>', page)
    return {phase: int(number) for phase, number in found}


def test_the_overview_counts_every_order_and_every_job(seen: Seen) -> None:
    page = seen.page("/")
    assert counts(page) == seen.story.world.phases()
    for state, count in Counter(row.state for row in seen.story.world.rows(tables.job)).items():
        assert re.search(rf"</span> {state}</span> <b>{count}</b>", page)


def test_the_overview_lists_the_connections_with_their_health(seen: Seen) -> None:
    page = seen.page("/")
    assert re.search(r">NYC</a>.*?</span> well</span>", page, re.S)
    assert re.search(r">\s*CAR\b.*?</span> well</span>", page, re.S)
    assert "Nothing is broken" in page


def test_the_overview_begins_with_the_newest_order(seen: Seen) -> None:
    assert seen.numbers("/")[0] == seen.shipped
    assert len(seen.numbers("/")) == 20


def test_without_a_script_a_page_renews_itself_only_when_asked_to(seen: Seen) -> None:
    assert 'http-equiv="refresh"' not in seen.page("/")
    renewed = '<noscript><meta http-equiv="refresh" content="5"></noscript>'
    assert renewed in seen.page("/?live=1")


@pytest.mark.parametrize("phase", ["", *Phase])
def test_the_pages_of_a_list_hold_every_order_exactly_once(seen: Seen, phase: str) -> None:
    walked = list(seen.walk(f"/orders?phase={phase}"))
    shown = [number for page in walked for number in page]
    orders = seen.story.world.rows(tables.sales_order)
    assert sorted(shown) == sorted(row.number for row in orders if phase in ("", row.phase))
    assert all(len(page) == SMALL_PAGE for page in walked[:-1])


def test_a_list_of_several_pages_was_walked(seen: Seen) -> None:
    assert len(list(seen.walk("/orders"))) > 2
    assert len(list(seen.walk("/orders?phase=on_hold&connection=NYC"))) > 1


def test_orders_of_one_instant_are_told_apart_by_the_page(seen: Seen) -> None:
    world = seen.story.world
    with world.hub.store.unit_of_work() as unit:
        orders = tables.sales_order
        unit.execute(orders.update().where(orders.c.history).values(placed_at=world.clock()))
    shown = [number for page in seen.walk("/orders") for number in page]
    assert sorted(shown) == sorted(row.number for row in world.rows(tables.sales_order))


def test_an_order_shows_its_units_its_reasons_its_parcel_and_its_story(seen: Seen) -> None:
    page = seen.page(f"/orders/{seen.shipped}")
    (line,) = seen.story.world.rows(tables.order_line, order_id=seen.story.order(seen.shipped).id)
    (parcel,) = seen.story.parcels(seen.shipped)
    cells = re.findall(r'<td class="number[^"]*">(\d+)</td>', page)
    assert cells == ["2", "0", "0", "2", "0"] and line.title in unescape(page)
    assert "the parts add up to the total" in page
    assert re.search(r"MAIN: 2 units, \d+ points, priority \d+", page)
    assert parcel.tracking_number in page
    assert "parcel handed over" in page
    assert "Why it has not shipped" not in page


def test_an_order_that_waits_says_why_and_what_to_do(seen: Seen) -> None:
    held = seen.numbers("/orders?phase=on_hold")[0]
    page = seen.page(f"/orders/{held}")
    assert "held (imported)" in page and f"hub orders release {held}" in page


@pytest.mark.parametrize(
    "where",
    [
        "/orders/NYC-99999",
        "/orders/a/b",
        "/orders?before=gone",
        "/orders?connection=XX",
        "/jobs/ghost",
        "/jobs?connection=XX",
        "/connections/XX",
        "/effects/ghost",
        "/quarantine/ghost",
    ],
)
def test_what_is_not_there_is_a_page_that_says_what_to_do(seen: Seen, where: str) -> None:
    page = seen.page(where, 404)
    assert "Not found" in page and 'href="/orders"' in page and "hub sync CODE" in page


def test_a_connection_that_is_refused_is_a_problem_with_its_repair(seen: Seen) -> None:
    world, shops = seen.story.world, tables.connection
    change = shops.update().where(shops.c.code == "NYC")
    with world.hub.store.unit_of_work() as unit:
        unit.execute(change.values(state="needs_auth", reason="401"))
    try:
        page = seen.page("/")
    finally:
        with world.hub.store.unit_of_work() as unit:
            unit.execute(change.values(state="active", reason=""))
    assert "1 problem<" in page and "hub connections rotate NYC" in page
    assert re.search(r">NYC</a>.*?</span> needs auth</span>", page, re.S)


def test_every_state_has_its_tone_and_every_tone_its_mark() -> None:
    placed = [state for states in TONES.values() for state in states]
    assert {*Phase, *JobState, *ShipmentState, *Verdict} <= set(placed)
    assert len(placed) == len(set(placed))
    assert MARKS.keys() == TONES.keys() and len(set(MARKS.values())) == len(MARKS)


# --- who may see them, and what may not be in them ----------------------------------------------


@pytest.mark.parametrize("where", ADDRESSES)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_name_is_refused_with_a_sentence(seen: Seen, where: str, host: str) -> None:
    refused(ask(seen.app, where, host=host))


@pytest.mark.parametrize("where", ADDRESSES)
@pytest.mark.parametrize("peer", FOREIGN_PEERS)
def test_a_foreign_peer_is_refused_with_a_sentence(seen: Seen, where: str, peer: str) -> None:
    refused(ask(seen.app, where, peer=peer))


def test_a_proxy_that_speaks_for_somebody_is_refused(seen: Seen) -> None:
    refused(ask(seen.app, "/", **{"x-forwarded-for": "203.0.113.9"}))


def test_a_proxy_that_speaks_for_somebody_without_a_word_is_refused(seen: Seen) -> None:
    """As nginx does where nobody told it more: the peer and the Host it names are this machine."""

    async def passed_on(scope: Any, receive: Any, send: Any) -> None:
        await seen.app({**scope, "http_version": "1.0"}, receive, send)

    refused(ask(passed_on, "/"))  # type: ignore[arg-type]


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 403
    assert "only in a browser on the machine" in answer.text and "NYC" not in answer.text


@pytest.mark.parametrize("host", LOCAL_HOSTS)
@pytest.mark.parametrize("peer", LOCAL_PEERS)
def test_this_machine_may_look_under_each_of_its_names(seen: Seen, host: str, peer: str) -> None:
    assert ask(seen.app, "/", host=host, peer=peer).status_code == 200


def test_every_answer_carries_the_headers_that_protect_it(seen: Seen) -> None:
    answers = [ask(seen.app, where) for where in (*ADDRESSES, f"/orders/{seen.shipped}")]
    answers.append(ask(seen.app, "/", host="hub.example"))
    for answer in answers:
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
            "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_pages_live_with_their_own_policy(seen: Seen) -> None:
    for where in ("/?live=1", "/orders", f"/orders/{seen.shipped}"):
        page = seen.page(where)
        assert not re.search(r"<script>|<script [^>]*>[^<]|<form|\sstyle=|<style|\son\w+=", page)
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
            assert ask(seen.app, asset).status_code == 200
    assert ask(seen.app, "/static/hub.css").headers["content-type"].startswith("text/css")
    assert ask(seen.app, "/static/..%2Fapp.py").status_code == 404


def test_pages_can_only_be_read(seen: Seen) -> None:
    for where in ("/", "/orders", f"/orders/{seen.shipped}", "/jobs", "/connections/NYC"):
        transport = httpx.ASGITransport(app=seen.app, client=HERE)

        async def post(to: str = where, through: httpx.ASGITransport = transport) -> int:
            async with httpx.AsyncClient(transport=through, base_url="http://localhost") as client:
                return (await client.post(to)).status_code

        assert asyncio.run(post()) == 405


def test_no_page_names_a_customer(seen: Seen) -> None:
    orders = [row.number for row in seen.story.world.rows(tables.sales_order)]
    places = [
        "/",
        "/orders",
        *(f"/orders/{number}" for number in orders),
        "/connections",
        "/connections/NYC",
        "/jobs",
        "/effects",
        "/quarantine",
        "/incidents",
    ]
    places += [f"/jobs/{row.id}" for row in seen.story.world.rows(tables.job)]
    places += [f"/effects/{row.id}" for row in seen.story.world.rows(tables.effect)]
    told = unescape("\n".join(map(seen.page, places)))
    personal = load_twin(SHOP).testify(seen.story.shops["NYC"]).personal
    assert VEXWORTHY["address_1"] in personal and len(personal) > len(VEXWORTHY)
    assert [text for text in (*personal, VEXWORTHY["last_name"]) if text in told] == []


def test_what_a_shop_calls_its_goods_is_text_and_never_markup(seen: Seen) -> None:
    world = seen.story.world
    order = seen.story.order(seen.shipped)
    lines, orders, shops = tables.order_line, tables.sales_order, tables.connection
    with world.hub.store.unit_of_work() as unit:
        unit.execute(lines.update().where(lines.c.order_id == order.id).values(title=SCRIPT))
        unit.execute(
            orders.update().where(orders.c.id == order.id).values(channel_status=f'"{SCRIPT}')
        )
        unit.execute(shops.update().where(shops.c.code == "CAR").values(title=SCRIPT))
    for where in ("/", "/orders?phase=in_transit", f"/orders/{seen.shipped}", "/connections"):
        page = seen.page(where)
        assert SCRIPT not in page and "&lt;script&gt;" in page, where
    for asked in (f"/orders?phase={SCRIPT}", f"/orders?connection={SCRIPT}", f"/orders/{SCRIPT}"):
        assert SCRIPT not in ask(seen.app, asked).text
