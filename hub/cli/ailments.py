"""What `hub doctor` looks for: each check finds, tells, names the repair; some can mend."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from hub.bootstrap import System
from hub.jobs.lockfile import engine_at_work
from hub.reports import health, symptoms
from hub.reports.findings import Finding, connection_findings, work_findings
from hub.reports.invariants import check_invariants
from hub.sdk.capabilities import PullMessages, PullOrders, PullProducts
from hub.services.vendors.watch import EVERY_S
from hub.store.damage import CURE
from hub.store.jobs import resume_connection_jobs
from hub.store.life import restored_at
from hub.store.schedules import put_schedule

LITTLE_SPACE = 1_000_000_000
"""Bytes below which a database that grows is in danger."""
IDLE_TOO_LONG = timedelta(seconds=60)
PULLS = {
    PullProducts: "pull_products", PullOrders: "pull_orders", PullMessages: "pull_messages",
}  # fmt: skip
OWN_RHYTHM = {"expire_reservations": 60, "watch_health": EVERY_S}


@dataclass(frozen=True)
class Check:
    """One thing to look at, and how to mend it where that can do no harm."""

    look: Callable[[System], Iterator[Finding]]
    mend: Callable[[System], None] | None = None


def durability(system: System) -> Iterator[Finding]:
    """Whether what is committed stays."""
    if system.engines.dialect != "sqlite":
        return
    with system.hub.store.reading() as database:
        mode, sync = health.sqlite_settings(database)
    right = (mode, sync) == ("wal", 2)
    text = f"journal {mode}, synchronous {'FULL' if sync == 2 else sync}"
    yield Finding("durability", right, text, "" if right else "move the file to a local disk")


def integrity(system: System) -> Iterator[Finding]:
    """Whether every page of the file is what was written; the one look that reads them all."""
    if system.engines.dialect != "sqlite":
        return
    with system.hub.store.reading() as database:
        found = health.first_damage(database)
    yield Finding("integrity", not found, found or "every page is sound", CURE if found else "")


def copy(system: System) -> Iterator[Finding]:
    """Whether this is the database that was last at work here."""
    with system.hub.store.reading() as database:
        since = restored_at(database)
    yield Finding(
        "copy", since is None,
        f"an older copy is in place since {since:%Y-%m-%d %H:%MZ}: nothing is bought, no stock sent"
        if since else "the database is the one that was last at work here",
        "hub sync every connection, then hub doctor --reconcile" if since else "",
    )  # fmt: skip


def disk(system: System) -> Iterator[Finding]:
    """Whether there is room to grow."""
    if system.engines.dialect != "sqlite":
        return
    home = system.settings.home
    free = shutil.disk_usage(home).free
    yield Finding(
        "disk", free > LITTLE_SPACE, f"{free // 1_000_000} MB are free in {home}",
        "" if free > LITTLE_SPACE else "make room: without it no order can be accepted",
    )  # fmt: skip


def clock(system: System) -> Iterator[Finding]:
    """Whether this machine's clock went back behind what was written."""
    with system.hub.store.reading() as database:
        newest = symptoms.newest_row(database)
    now = system.hub.store.clock()
    if newest is None or newest <= now + symptoms.AHEAD:
        yield Finding("clock", True, "nothing was written in the future")
        return
    yield Finding(
        "clock", False, f"it went back: something was written at {newest:%Y-%m-%d %H:%MZ}",
        "set the clock right (timedatectl), then restart the hub",
    )  # fmt: skip


def plugins(system: System) -> Iterator[Finding]:
    """Whether every plugin could be loaded."""
    broken = [plugin for plugin in system.hub.registry.plugins if plugin.error]
    for plugin in broken:
        yield Finding("plugin", False, f"{plugin.name}: {plugin.error}", "hub plugin list")
    if not broken:
        yield Finding("plugins", True, f"{len(system.hub.registry.plugins)} well")


def connections(system: System) -> Iterator[Finding]:
    """Whether every connection can be used and is fresh."""
    hub = system.hub
    with hub.store.reading() as database:
        yield from connection_findings(database, hub.registry.connectors, hub.store.clock())


def work(system: System) -> Iterator[Finding]:
    """Whether what is owed is done."""
    store = system.hub.store
    with store.reading() as database:
        alone = system.engines.dialect == "sqlite"  # then the lock is the whole truth
        at_work = engine_at_work(store) if alone else symptoms.works(database, store.clock())
        yield from work_findings(database, store.clock(), at_work)


def stuck(system: System) -> Iterator[Finding]:
    """Whether an engine that is there also works: a lock that is held proves only that it lives."""
    store = system.hub.store
    now = store.clock()
    with store.reading() as database:
        due = health.oldest_due(database, now)
        works, gone = symptoms.works(database, now), symptoms.abandoned(database, now)
    locked = engine_at_work(store)
    idle = locked and not works and due is not None and now - due > IDLE_TOO_LONG
    yield Finding(
        "relay", not idle,
        f"an engine holds the lock, but work is due since {due:%H:%MZ}" if idle else "passes",
        "stop that engine and start hub serve again" if idle else "",
    )  # fmt: skip
    yield Finding(
        "abandoned jobs", not gone, f"{gone} run without a worker" if gone else "none",
        "hub serve takes them back within a minute" if gone else "",
    )  # fmt: skip


def holds(system: System) -> Iterator[Finding]:
    """Whether jobs are held though their connection may be used."""
    with system.hub.store.reading() as database:
        held = sum(symptoms.held_for_nothing(database).values())
    yield Finding(
        "held jobs", not held, f"{held} are held, though their connections are active"
        if held else "none without a reason", "hub doctor --fix releases them" if held else "",
    )  # fmt: skip


def release_holds(system: System) -> None:
    """Give back the held jobs of active connections."""
    store = system.hub.store
    with store.reading() as database:
        held = symptoms.held_for_nothing(database)
    for connection_id in held:
        with store.unit_of_work() as unit:
            resume_connection_jobs(unit, connection_id)


def schedules(system: System) -> Iterator[Finding]:
    """Whether everything that should run by itself is planned."""
    missing = _missing(system)
    for slot in missing:
        whose = slot.code or "the hub"
        yield Finding("schedules", False, f"{slot.name} of {whose} is not planned",
                      "hub doctor --fix plans it")  # fmt: skip
    if not missing:
        yield Finding("schedules", True, "all are planned")


def _missing(system: System) -> list[symptoms.Slot]:
    pulls = {
        name: tuple(kind for capability, kind in PULLS.items() if capability in one.provides)
        for name, one in system.hub.registry.connectors.items()
    }
    with system.hub.store.reading() as database:
        return list(symptoms.missing_schedules(database, pulls))


def plan_schedules(system: System) -> None:
    """Plan what is missing, from now on."""
    for slot in _missing(system):
        every = OWN_RHYTHM.get(slot.name) or _poll_every_s(system, slot.code)
        with system.hub.store.unit_of_work() as unit:
            put_schedule(unit, slot.name, slot.name, every, slot.connection_id, slot.connection_id)


def _poll_every_s(system: System, code: str) -> int:
    hub = system.hub
    descriptor = hub.registry.connector(hub.connection(code).connector)
    return int(descriptor.poll_every.total_seconds())


def webhooks(system: System) -> Iterator[Finding]:
    """Whether vendors have the webhooks they should have."""
    store = system.hub.store
    with store.reading() as database:
        lacking = symptoms.unconfirmed_webhooks(database, store.clock())
    for code, topic in lacking:
        yield Finding(
            code, False, f"its webhook {topic} is not in force; polling still finds everything",
            f"hub sync {code}, then look at the webhooks in the shop",
        )  # fmt: skip
    if not lacking:
        yield Finding("webhooks", True, "none is missing at a vendor")


def twins(system: System) -> Iterator[Finding]:
    """Whether a simulated vendor stands among real ones."""
    with system.hub.store.reading() as database:
        here, elsewhere = symptoms.simulated(database)
    production = bool(elsewhere) or system.engines.dialect != "sqlite"
    wrong = here if production else []
    for code in wrong:
        yield Finding(code, False, "its vendor is this machine, as a simulated one is",
                      f"hub connections pause {code}")  # fmt: skip
    if not wrong:
        yield Finding("twins", True, "no simulated vendor among real ones")


def books(system: System) -> Iterator[Finding]:
    """Whether the numbers kept for speed equal the ledgers."""
    with system.hub.store.reading() as database:
        broken = [one for one in check_invariants(database) if not one.holds]
    for one in broken:
        example = f", such as {one.examples[0]}" if one.examples else ""
        yield Finding("books", False, f"{one.offenders} against: {one.sentence}{example}",
                      "hub inventory verify; report it with hub db backup beside it")  # fmt: skip
    if not broken:
        yield Finding("books", True, "every number equals its ledger")


def seals(system: System) -> Iterator[Finding]:
    """Whether what is sealed can be opened."""
    store = system.hub.store
    with store.reading() as database:
        closed = list(symptoms.unreadable(database, store.keyring))
    for what in closed:
        yield Finding("seals", False, f"{what} does not open with this hub's keys",
                      "set HUB_SECRET_KEY to all its keys, or restore a backup")  # fmt: skip
    if not closed:
        yield Finding("seals", True, "what was tried opens")


CHECKS: tuple[Check, ...] = (
    Check(integrity), Check(copy), Check(durability), Check(disk), Check(clock), Check(plugins),
    Check(seals), Check(connections), Check(webhooks), Check(twins),
    Check(schedules, plan_schedules), Check(holds, release_holds), Check(stuck), Check(work),
    Check(books),
)  # fmt: skip
"""In the order a person would look."""
