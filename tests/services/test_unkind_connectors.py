"""A connector that exits, floods or never ends fails its own job; what landed before stays."""

import sys
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import pytest

from hub.jobs.idle import run_until_idle
from hub.jobs.worker import Worker
from hub.sdk import Page
from hub.sdk.containment import ConnectorFaultError
from hub.services.context import Hub
from hub.services.intake.pull import ORDERS, pull_orders
from hub.services.kinds import job_kinds
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import Connected
from hub.store.cursors import get_cursor
from tests.services.scripted_shop import ScriptedShop, raw_order
from tests.store.job_rows import start
from tests.store.shop_rows import all_rows, one_row

FIRST = Page((raw_order("1"),), "1")


def then(rest: Callable[[], Any]) -> Callable[[str | None], Iterator[Any]]:
    def pages(_cursor: str | None) -> Iterator[Any]:
        yield FIRST
        yield rest()

    return pages


def endless(_cursor: str | None) -> Iterator[Page]:
    yield FIRST
    yield from repeat(Page((), "1"))


UNKIND: dict[str, Callable[[str | None], Any]] = {
    "exits": then(lambda: sys.exit(3)),
    "a page without end": endless,
    "a hundred megabytes": then(lambda: Page((bytes(1_000_000),) * 100, "2")),
    "twenty thousand records": then(lambda: Page((b"{}",) * 20_000, "2")),
    "records that are no bytes": then(lambda: Page(("text",), "2")),  # type: ignore[arg-type]
    "a cursor that cannot be stored": then(lambda: Page((), "2\0")),
    "no cursor": then(lambda: Page((), None)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("pages", UNKIND.values(), ids=UNKIND.keys())
def test_an_unkind_stream_fails_and_keeps_the_page_before(
    hub: Hub, shop: Connected, vendor: ScriptedShop, monkeypatch: pytest.MonkeyPatch,
    pages: Callable[[str | None], Any],
) -> None:  # fmt: skip
    monkeypatch.setattr(vendor, "pull_orders", pages)
    with pytest.raises(ConnectorFaultError, match=r"scripted\.pull_orders"):
        pull_orders(hub, start(hub.store, kind="pull_orders", subject=shop.id))
    assert [row.external_id for row in all_rows(hub.store, tables.sales_order)] == ["1"]
    with hub.store.reading() as database:
        cursor = get_cursor(database, shop.id, ORDERS)
    assert cursor is not None and cursor.position == "1"


def test_a_connector_that_exits_costs_an_attempt_and_not_the_worker(
    hub: Hub, shop: Connected, vendor: ScriptedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub.store.unit_of_work() as unit:
        owe(unit, "pull_orders", shop.id, shop.id)
    with monkeypatch.context() as patch:
        patch.setattr(vendor, "pull_orders", lambda cursor: sys.exit(1))
        run_until_idle(Worker(hub.store, job_kinds(hub), "boot", chance=lambda: 0.5))
    job = one_row(hub.store, tables.job, kind="pull_orders")
    assert (job.state, job.attempt, job.last_error_class) == ("ready", 1, "internal")
    assert "ConnectorFaultError" in job.last_error_text
