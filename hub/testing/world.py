"""A whole hub for a test: its own database, its own clock, twins for vendors, no thread of its own.

Every job runs in the calling thread, in the order of the rows, so that a story can be repeated and
crashed at any point. The clock jumps to the next due instant when nothing is due.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import select

from hub import bootstrap
from hub.bootstrap import System
from hub.jobs.engine import recover
from hub.jobs.idle import run_until_idle
from hub.jobs.worker import Worker
from hub.sdk.config import secret_fields
from hub.services.context import Hub
from hub.services.shipping.handover import hand_over, labelled_shipments
from hub.services.vendors import connect as connecting
from hub.settings import Settings
from hub.store import tables
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.engine import Engines, open_engines
from hub.store.orders import find_order_id
from hub.testing.blank import blank_hub
from hub.testing.crew import Crew
from hub.testing.ear import Ear
from hub.testing.reopened import borrow, give_back
from hub.testing.twins import RunningTwin

EMBEDDED = "embedded"
A_MOMENT = timedelta(seconds=5)
"""Where jobs travel, work that is put off for less than this is waited for."""
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HUB_KEY = bytes(range(32)).hex()
_engines = lru_cache(maxsize=8)(open_engines)
"""Of PostgreSQL: a hub that starts again in this process need not compile its statements again."""


class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False

    def __init__(self, start: datetime = START) -> None:
        self.now = start
        self._moving = Lock()

    def __call__(self) -> datetime:
        """Give the present."""
        return self.now

    def advance(self, delta: timedelta) -> None:
        """Let time pass."""
        with self._moving:  # two threads that wait at one time
            self.now += delta


class World:
    """A hub with its twins; `crash()` and `start()` are a process dying and coming back.

    `canaries` are the secrets it was given: invariants look for them where they must not be. With a
    `broker`, `EMBEDDED` or a Redis URL, jobs do not run in the calling thread: they travel as they
    do in `hub serve`, and only the clock is the world's.
    """

    def __init__(
        self, home: Path, *, database_url: str = "", plugin_modules: str = "", broker: str = ""
    ) -> None:
        self.home = home
        self.clock = TestClock()
        self.twins: list[RunningTwin] = []
        self.database_url = database_url
        self.plugin_modules = plugin_modules
        self.public_url = ""
        self._broker = broker
        self._crew: Crew | None = None
        self.also_allowed: list[str] = []
        """host:port of servers that are no twins, such as those of mail."""
        self.canaries: set[str] = {HUB_KEY}
        self._boots = 0
        self._engines: Engines | None = None
        self._engines_at = ""
        self._system: System | None = None
        self._ear = Ear()
        logging.getLogger().addHandler(self._ear)

    def close(self) -> None:
        """Stop the hub, as politely as it goes."""
        self._dismiss()
        if self._system is not None:
            self._system.close()
            self._system = None
        self._let_go()
        logging.getLogger().removeHandler(self._ear)

    @property
    def said(self) -> str:
        """All that was logged in this process since this world began."""
        return "\n".join(self._ear.lines)

    @property
    def settings(self) -> Settings:
        """The settings, with every twin's address allowed."""
        twins = [twin.url.split("//")[1] for twin in self.twins]
        hosts = ",".join([*twins, *self.also_allowed])
        return Settings(
            home=self.home,
            least_free_mb=0,
            secret_key=HUB_KEY,
            allow_hosts=hosts,
            database_url=self.database_url,
            plugin_modules=self.plugin_modules,
            public_url=self.public_url,
        )

    @property
    def system(self) -> System:
        """The hub, started on first use."""
        if self._system is None:
            self.start()
        assert self._system is not None
        return self._system

    @property
    def hub(self) -> Hub:
        """What services are given."""
        return self.system.hub

    def start(self) -> None:
        """Start the hub: what was in the hands of an earlier process is taken back."""
        self._make()
        self._system = bootstrap.build(
            self.settings, clock=self.clock, engines=self._opened(),
            sleep=lambda seconds: self.clock.advance(timedelta(seconds=seconds)),
        )  # fmt: skip
        self._boots += 1
        recover(self._system.hub.store, self._boot_id, sent_by_jobs_to_unknown)
        if self._broker:
            redis_url = "" if self._broker == EMBEDDED else self._broker
            self._crew = Crew(self._system, redis_url, self.clock.advance)

    def _make(self) -> None:
        file = self.home / "hub.db"
        if self.database_url:
            bootstrap.initialise(self.settings)
        elif not file.exists():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.write_bytes(blank_hub(HUB_KEY))
            file.chmod(0o600)

    def _opened(self) -> Engines:
        if self._engines is not None and self._engines_at != self.settings.url:
            self._let_go()  # the hub has moved
        if self._engines is None:
            self._engines_at = self.settings.url
            file = self.home / "hub.db"
            self._engines = _engines(self.database_url) if self.database_url else borrow(file)
        return self._engines

    def _let_go(self) -> None:
        engines, self._engines = self._engines, None
        if engines is not None and engines.dialect == "sqlite":
            give_back(engines)

    def crash(self) -> None:
        """Let the process die: whatever was not committed is gone. A crew ends its jobs first."""
        self._dismiss()
        if self._system is not None:
            self._system.engines.dispose()
            self._system = None

    def _dismiss(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.stop()

    @property
    def _boot_id(self) -> str:
        return f"boot-{self._boots}"

    def run(self, until: Callable[[], bool] = lambda: False) -> int:
        """Run all that is due now; gives how many jobs ran."""
        if self._broker:
            return self._crew_runs()
        return run_until_idle(self._worker(), sent_by_jobs_to_unknown, until=until)

    def run_for(self, span: timedelta) -> int:
        """Run all that falls due within a span, the clocks of hub and twins jumping to each."""
        end = self.clock() + span
        if self._broker:
            return self._crew_runs(end)
        over = False

        def jump(to: datetime) -> None:
            nonlocal over
            to = min([to, *self._twins_due()])
            over = to > end
            if not over:
                self._advance(to)

        ran = run_until_idle(self._worker(), sent_by_jobs_to_unknown, jump, lambda: over)
        self._advance(end)
        return ran

    def _crew_runs(self, end: datetime | None = None) -> int:
        """Let the crew do all that falls due until `end`, or within the moments somebody waits."""
        assert self.system and self._crew
        before = len(self.rows(tables.job_attempt))
        until = self.clock() + A_MOMENT if end is None else end
        while (next_at := self._crew.settle()) or self._twins_due():
            due = [at for at in (next_at, *self._twins_due()) if at is not None and at <= until]
            if not due:
                break
            self._advance(min(due))
        if end is not None:
            self._advance(end)
            self._crew.settle()
        return len(self.rows(tables.job_attempt)) - before

    def _twins_due(self) -> list[datetime]:
        """When twins that live by this clock next do something by themselves."""
        due = (twin.next_due() for twin in self.twins if twin.follows)
        return [at for at in due if at is not None]

    def _worker(self) -> Worker:
        worker = Worker(self.hub.store, self.system.kinds, self._boot_id, chance=lambda: 0.5)
        return worker

    def _advance(self, to: datetime) -> None:
        self.clock.now = max(self.clock.now, to)  # calls that were waited for took time
        for twin in self.twins:
            if not twin.follows:
                twin.move_to(to)
            elif (due := twin.next_due()) and due <= self.clock.now:
                twin.settle()

    def add_twin(self, twin: RunningTwin) -> RunningTwin:
        """Take a running twin into this world: its clock is the hub's."""
        if not twin.follows:
            twin.move_to(self.clock())
            twin.freeze(self.clock())
        self.twins.append(twin)
        if self._system is not None:
            self.crash()  # its address must be allowed: settings are read at the start
        return twin

    def poll_every(self, span: timedelta, *connection_ids: str) -> None:
        """Let polls come seldom, so that a story of days is not one of ten thousand polls."""
        plan = tables.schedule
        seldom = plan.update()
        if connection_ids:
            seldom = seldom.where(plan.c.connection_id.in_(connection_ids))
        with self.hub.store.unit_of_work() as unit:
            every_s = int(span.total_seconds())
            unit.execute(seldom.values(every_s=every_s, next_at=unit.now + span))

    def connect(self, connector: str, code: str, **config: Any) -> str:
        """Connect a vendor and give the connection's id."""
        schema = self.hub.registry.connector(connector).config_schema
        self.canaries |= {str(config[name]) for name in secret_fields(schema) if name in config}
        return connecting.connect(self.hub, connector, code, "", config)[0]

    def writes_on(self, *codes: str) -> None:
        """Switch writes of these connections on."""
        for code in codes:
            connecting.switch_writes(self.hub, code, True)

    def hand_over_all(self) -> int:
        """Hand over every parcel that has its label; gives how many."""
        return sum(hand_over(self.hub, shipment) for shipment in labelled_shipments(self.hub))

    # -- looking ------------------------------------------------------------------------------

    def rows(self, table: Any, **where: Any) -> list[Any]:
        """Read rows of a table."""
        query = select(table)
        for column, value in where.items():
            query = query.where(table.c[column] == value)
        with self.hub.store.reading() as database:
            return list(database.execute(query))

    def order(self, number: str) -> Any:
        """Read one order's row by its number."""
        with self.hub.store.reading() as database:
            order_id = find_order_id(database, number)
        return self.rows(tables.sales_order, id=order_id)[0]

    def phases(self) -> dict[str, int]:
        """Count orders by phase."""
        counted: dict[str, int] = {}
        for row in self.rows(tables.sales_order):
            counted[row.phase] = counted.get(row.phase, 0) + 1
        return counted
