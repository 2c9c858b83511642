"""Canaries: secrets and persons go through good days and bad ones, and are found nowhere in clear.

Looked through: what was logged at DEBUG as it is printed, the database file, every page, the
metrics, and what a crash tells.
"""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI

from hub.cli.logs import set_up_logging
from hub.sdk.errors import HubError
from hub.services import kinds
from hub.services.intake import receive
from hub.services.vendors import connect
from hub.services.vendors.watch import look
from hub.services.work import draft
from hub.store import tables
from hub.store.jobs import insert_jobs
from hub.testing.world import HUB_KEY
from hub.web.app import create_app
from tests.journeys.story import HOOK_SECRET, SHOP_KEYS, TOKEN, Story
from tests.web.visiting import visit

CONSOLE = "canary-console-token-84f1"


def person(mark: str) -> dict[str, str]:
    return {
        "first_name": f"Quorvin{mark}", "last_name": f"Ystradgarth{mark}",
        "company": f"Zephyrhold{mark} Traders", "address_1": f"77 Zephyrine{mark} Crescent",
        "address_2": f"Attic{mark} of Owls", "city": f"Albanholm{mark}",
        "phone": f"55501{ord(mark):05d}",
    }  # fmt: skip


BUYERS = {mark: person(mark) for mark in "ABCD"}
MAILS = {mark: f"quorvin{mark.lower()}@ystradgarth.example" for mark in BUYERS}
FORGED = "Mallorquin Forgefield"
CRASHED = "Crashwell Dunmoore, 9 Traceback Lane"
SECRETS = (*SHOP_KEYS.values(), HOOK_SECRET, TOKEN, HUB_KEY, CONSOLE, "canary-wrong-token-5511",
           "cs_canary_wrong_44aa11bb22cc33dd", FORGED, CRASHED)  # fmt: skip
CANARIES = (*SECRETS, *MAILS.values(), *(text for one in BUYERS.values() for text in one.values()))


@dataclass(frozen=True)
class Lived:
    """A hub after good days and bad ones, and all it ever printed."""

    story: Story
    app: FastAPI
    printed: io.StringIO


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Lived]:
    with ExitStack() as ending, pytest.MonkeyPatch.context() as patch:
        printed = _listen(ending, patch)
        folder = tmp_path_factory.mktemp("canaries")
        story = Story(folder, ending, database_url=module_database_url)
        story.open_for_business()
        app = create_app(story.world.hub, relay_pass=story.world.clock, token=CONSOLE)
        _good_day(story)
        _bad_day(story, app, patch)
        look(story.world.hub)
        yield Lived(story, app, printed)


def _listen(ending: ExitStack, patch: pytest.MonkeyPatch) -> io.StringIO:
    printed, root = io.StringIO(), logging.root
    handlers, level = root.handlers[:], root.level
    patch.setattr(sys, "stderr", printed)
    set_up_logging("DEBUG", form="json")
    patch.undo()

    def put_back() -> None:
        root.handlers[:], root.level = handlers, level

    ending.callback(put_back)
    return printed


def _buy(story: Story, mark: str) -> str:
    return story.buy("HB-250", 1, shipping=BUYERS[mark], billing={"email": MAILS[mark]})


def _good_day(story: Story) -> None:
    _buy(story, "A")
    story.sync()
    story.hand_over()


def _bad_day(story: Story, app: FastAPI, patch: pytest.MonkeyPatch) -> None:
    shop, carrier, hub = story.shops["NYC"], story.carrier, story.world.hub
    echo = " ".join(text for name, text in BUYERS["B"].items() if name != "city")
    carrier.fault("refuse", method="POST", status=422, body=f'{{"error": "no such place: {echo}"}}')
    _buy(story, "B")
    story.sync()
    bought = _buy(story, "C").partition("-")[2]
    shop.action("corrupt_order", order_id=int(bought), what="currency")
    story.sync()
    shop.fault("malformed", path="orders")
    shop.fault("error_before", path="products", status=503)
    story.sync()
    _buy(story, "D")
    _forge(story, app)
    _crash(story, patch)
    with pytest.raises(HubError):
        connect.rotate(hub, "NYC", {"consumer_secret": "cs_canary_wrong_44aa11bb22cc33dd"})
    carrier.fault("revoked")
    visit(app, "/sign-in?token=canary-wrong-token-5511")
    visit(app, "/connections/NYC/pause", {"reason": "a bad day"}, token=CONSOLE)


def _forge(story: Story, app: FastAPI) -> None:
    (shop,) = story.world.rows(tables.connection, code="NYC")
    body = {"id": "1", "billing": FORGED}
    for where in (f"/hooks/{shop.hook_token}", "/hooks/canary-wrong-token-5511"):
        visit(app, where, body, x_wc_webhook_signature="canary-wrong-token-5511")


def _crash(story: Story, patch: pytest.MonkeyPatch) -> None:
    """A handler, and the keeping of a webhook, fail in a way nobody foresaw, quoting a person."""

    def crash(*_given: object) -> None:
        raise RuntimeError(CRASHED)

    hub = story.world.hub
    with hub.store.unit_of_work() as unit:
        insert_jobs(unit, [draft("expire_reservations", "", run_at=unit.now)])
    patch.setitem(kinds._HANDLERS, "expire_reservations", crash)
    story.world.crash()
    story.world.run()
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(receive, "find_by_hook_token", crash)
        visit(create_app(story.world.hub), "/hooks/canary", {"id": "1"})


def _absent_from(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def test_there_are_enough_canaries_and_they_were_really_there(lived: Lived) -> None:
    assert len(set(CANARIES)) >= 30
    at_the_shop = str(lived.story.shops["NYC"].documents("order"))
    assert all(text in at_the_shop for one in BUYERS.values() for text in one.values())
    phases = lived.story.world.phases()
    assert phases.get("in_transit") and lived.story.world.rows(tables.quarantine)


def test_the_bad_day_was_bad(lived: Lived) -> None:
    world = lived.story.world
    classes = {row.error_class for row in world.rows(tables.job_attempt)}
    assert {"internal", "transient"} <= classes
    assert any(row.state == "refused" for row in world.rows(tables.effect))
    assert "RuntimeError" in lived.printed.getvalue()


def test_no_log_line_names_a_person_or_a_secret(lived: Lived) -> None:
    assert lived.printed.getvalue().count("\n") > 3
    assert _absent_from(lived.printed.getvalue()) == []


def test_no_file_of_the_hub_holds_a_person_or_a_secret_in_clear(lived: Lived) -> None:
    home: Path = lived.story.world.home
    for file in home.rglob("*"):
        if file.is_file() and file.name != "key":
            held = file.read_bytes()
            assert [canary for canary in CANARIES if canary.encode() in held] == [], file.name


def test_no_page_and_no_figure_names_a_person_or_a_secret(lived: Lived) -> None:
    world = lived.story.world
    places = [
        "/", "/connections", "/connections/NYC", "/connections/CAR", "/orders", "/jobs", "/effects",
        "/quarantine", "/incidents", "/metrics", "/ready", "/sign-in",
    ]  # fmt: skip
    for table, where in ((tables.job, "jobs"), (tables.effect, "effects"),
                         (tables.quarantine, "quarantine")):  # fmt: skip
        places += [f"/{where}/{row.id}" for row in world.rows(table)]
    places += [f"/orders/{row.number}" for row in world.rows(tables.sales_order)]
    for place in places:
        for token in ("", CONSOLE):
            answer = visit(lived.app, place, token=token)
            assert answer.status_code in (200, 503), place
            told = unescape(answer.text) + str(answer.headers)
            assert _absent_from(told) == [], place
