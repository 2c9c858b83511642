"""Contender: the hub, by its whole public path from a job's claim to its end."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select

from hub import bootstrap
from hub.bootstrap import System
from hub.jobs.worker import Worker
from hub.services.vendors import connect as connecting
from hub.settings import Settings
from hub.store import tables
from hub.store.cursors import forget_cursor
from hub.store.jobs.states import JobState
from tests.benchmarks.figures import Figures, peak_mib

HUB_KEY = bytes(range(32))
CODE = "SHOP"


def open_hub(home: Path, shop: str) -> System:
    """Set up a hub in a folder with the shop connected."""
    settings = Settings(
        home=home, secret_key=HUB_KEY.hex(), allow_hosts=urlsplit(shop).netloc, database_url=""
    )
    bootstrap.initialise(settings)
    system = bootstrap.build(settings)
    _lift_the_budget(system)
    keys = {"consumer_key": "ck_benchmark", "consumer_secret": "cs_benchmark"}
    connecting.connect(system.hub, "woocommerce", CODE, "", {"url": shop, **keys})
    return system


def measure(shop: str, orders: int, home: Path) -> Figures:
    """Pull and land every order, then all of them again with nothing changed."""
    system = open_hub(home, shop)
    figures = Figures()
    _keep_books_closed(system)
    with figures.timing("first"):
        figures.about["first"] = _run_job(system, "pull_orders")
    figures.peak_mib = peak_mib()
    connecting.sync_now(system.hub, CODE, full=True)
    _keep_books_closed(system)
    with figures.timing("second"):
        figures.about["second"] = _run_job(system, "pull_orders")
    system.close()
    return figures


def _lift_the_budget(system: System) -> None:
    """The source is no shop: a budget made for shops would be all that is measured."""
    connectors = system.hub.registry.connectors
    assert isinstance(connectors, dict)
    connectors["woocommerce"] = replace(connectors["woocommerce"], rate=None)


def _keep_books_closed(system: System) -> None:
    """Pull the (no) products, then forget it: opening the books is other work than landing."""
    _run_job(system, "pull_products")
    with system.hub.store.unit_of_work() as unit:
        forget_cursor(unit, system.hub.connection(CODE).id, "products")


def _run_job(system: System, kind: str) -> dict[str, object]:
    """Run the one open job of a kind in this thread and give how it ended."""
    job = tables.job
    ready = select(job.c.id).where(job.c.kind == kind, job.c.state == JobState.READY)
    with system.hub.store.reading() as database:
        job_id = database.execute(ready).scalar_one()
    if not Worker(system.hub.store, system.kinds, "benchmark").run(job_id, "main"):
        raise RuntimeError(f"the job {kind} was not to be run")
    with system.hub.store.reading() as database:
        ended = database.execute(select(job).where(job.c.id == job_id)).one()
    if ended.state != JobState.SUCCEEDED:
        raise RuntimeError(f"{kind} ended as {ended.state}: {ended.last_error_text}")
    return {"outcome": ended.outcome, **ended.counters}
