"""Where a trial takes place: the simulated vendor, and connectors opened on it."""

import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.records.base import Clock, system_clock
from hub.sdk.config import check_config, join_secrets, split_secrets
from hub.sdk.connector import Opening
from hub.sdk.http import USER_AGENT, AllowedAddresses, HttpLimits
from hub.sdk.mail import MailRoad
from hub.testing.suite.arguments import NoSampleError, arguments
from hub.testing.suite.day import Day, ordinary_day
from hub.testing.suite.ears import Ears
from hub.testing.suite.guard import watched
from hub.testing.suite.said import all_that_is_said
from hub.testing.suite.samples import Samples, decoded
from hub.testing.suite.subject import CHECK, Subject
from hub.testing.suite.verbs import Verb, unfit
from hub.testing.suite.visit import Visit
from hub.testing.suite.walk import Walk, walked
from hub.testing.suite.wiretap import HASTY, PATIENT, Wiretap
from hub.testing.twins import RunningTwin, running


class ThisMachine(AllowedAddresses):
    """Mail servers of a trial are real ones on this machine, on any port, and nowhere else."""

    def names(self, host: str, port: int) -> bool:
        """Tell whether a server may be called."""
        return host == "127.0.0.1"


class QuickTwin(RunningTwin):
    """A running twin that knows whether a trial has told it anything."""

    def __init__(self, url: str, data: Path) -> None:
        super().__init__(url, data)
        self.touched = False
        """Whether anything was told to it since its beginning."""

    def _ask(self, method: str, path: str, given: dict[str, Any] | None = None) -> Any:
        self.touched = self.touched or method != "GET"
        return super()._ask(method, path, given)


@dataclass(frozen=True)
class Rehearsal:
    """One successful try of a verb: its answer, and how the effect in it looks on the wire."""

    answer: Any
    effect: tuple[str, str] | None
    """Method and path of the request that says `effect=True`."""


class Stage:
    """One connector's trial; the vendor is put back to its beginning before every check."""

    hasty: HttpLimits = HASTY

    def __init__(self, suite: Any, subject: Subject, folder: Path) -> None:
        self.suite, self.subject, self.folder = suite, subject, folder
        self.samples: Samples = subject.samples
        self.ears = Ears()
        self.visits: list[Visit] = []
        self._exit = ExitStack()
        self._twin: QuickTwin | None = None
        self._walks: dict[Verb, Walk] = {}
        self._rehearsals: dict[Verb, Rehearsal | Exception] = {}
        self._day: Day | None = None
        self._said: list[tuple[str, str]] | None = None

    # -- the vendor ----------------------------------------------------------------------------

    @property
    def has_vendor(self) -> bool:
        """Whether this connector talks to anybody."""
        return self.subject.twin is not None

    @property
    def twin(self) -> QuickTwin:
        """The simulated vendor, started on first use; skips where there is none."""
        if self.subject.twin is None:
            pytest.skip("this connector talks to no network")
        if self._twin is None:
            self._twin = self._started()
        return self._twin

    def _started(self) -> QuickTwin:
        assert self.subject.twin is not None
        options = dict(self.suite.twin_options)
        twin = self._exit.enter_context(
            running(self.ears.of(self.subject.twin), data=self.folder / "twin.db", **options)
        )
        quick = QuickTwin(twin.url, twin.data)
        self._exit.callback(quick.close)
        self.suite().arrange(quick)
        quick.save(self.folder / "beginning.db")
        return quick

    def reset(self) -> None:
        """Put the vendor back to its beginning and hang up."""
        for visit in self.visits:
            visit.tap.close()
        if self._twin is not None and (self._twin.touched or self.ears.heard):
            self._twin.restore(self.folder / "beginning.db")
            self._twin.touched = False
        self.visits.clear()
        self.ears.reset()

    def close(self) -> None:
        """End the vendor."""
        for visit in self.visits:
            visit.tap.close()
        self._exit.close()

    # -- the connector -------------------------------------------------------------------------

    def config(self) -> dict[str, Any]:
        """Give the configuration as a person would; nothing about it is checked yet."""
        address = self.subject.twin.connects(self.twin.url) if self.subject.twin else {}
        return {**address, **self.suite.config}

    def open(
        self, limits: HttpLimits = PATIENT, config: Mapping[str, Any] | None = None,
        clock: Clock = system_clock,
    ) -> Visit:  # fmt: skip
        """Open the connector; skips when its configuration is wrong, which has its own check."""
        schema = self.subject.declared.config_schema
        try:
            checked = check_config(schema, self.config() if config is None else config)
        except Exception as error:  # a schema may be anything; it has its own check
            pytest.skip(f"it cannot be opened: {error}")
        opened = join_secrets(*split_secrets(schema, checked))
        tap = Wiretap(
            vendor=self._twin.url if self._twin else "", limits=limits,
            user_agent=f"{USER_AGENT} ({self.subject.name})",
        )  # fmt: skip
        with watched() as foreign:
            mail = MailRoad("conformance", ThisMachine(), observe=tap.exchanges.append)
            opening = Opening("conformance", opened, tap, clock, mail=mail)
            connector = self.subject.declared.factory(opening)
        self.visits.append(Visit(connector, tap, foreign))
        return self.visits[-1]

    def hurried(self) -> Visit:
        """Open the connector with very little patience."""
        return self.open(self.hasty)

    def silence(self, method: str = ".*", path: str = ".*") -> None:
        """Let the vendor do what these requests ask, and never answer."""
        seconds = self.hasty.total + 0.2
        self.twin.fault("timeout_after", method=method, path=path, times=None, seconds=seconds)

    # -- verbs ---------------------------------------------------------------------------------

    def key(self) -> str:
        """Make a key as the hub does: never the same twice."""
        return f"conformance:{uuid.uuid4()}"

    def given(self, verb: Verb) -> Mapping[str, Any] | None:
        """Give what the suite itself says a verb is to be asked."""
        twin = self.twin if self.has_vendor else None
        wanted = self.suite().given(twin).get(verb.method)
        return None if wanted is None else decoded(verb, wanted, f"given()[{verb.method!r}]")

    def arguments(self, visit: Visit, verb: Verb, key: str | None = None) -> dict[str, Any]:
        """Give the arguments of a verb; skips without a sample, which has its own check."""
        if verb == CHECK:
            return {}
        try:
            return arguments(self, visit, verb, key or self.key())
        except NoSampleError as missing:
            pytest.skip(str(missing))

    def tried(self, visit: Visit, verb: Verb, key: str | None = None) -> Any:
        """Ask a verb its sample question."""
        return visit.ask(verb, self.arguments(visit, verb, key))

    def rehearsed(self, verb: Verb) -> Rehearsal:
        """Ask a verb on an undisturbed day, once a trial; skips when that alone goes wrong."""
        if self.failure_of(verb) is not None:
            pytest.skip(f"{verb} does not work on an undisturbed day; that has its own check")
        done = self._rehearsals[verb]
        assert isinstance(done, Rehearsal)
        return done

    def failure_of(self, verb: Verb) -> Exception | None:
        """Give what went wrong on an undisturbed day; skips what cannot even be asked."""
        if verb not in self._rehearsals:
            self.reset()
            self._rehearsals[verb] = self._rehearse(verb)
            self.reset()
        done = self._rehearsals[verb]
        return done if isinstance(done, Exception) else None

    def works(self, verb: Verb) -> bool:
        """Tell whether a verb can be asked, and answers on an undisturbed day."""
        try:
            return self.failure_of(verb) is None
        except pytest.skip.Exception:
            return False

    def said(self) -> list[tuple[str, str]]:
        """Make every verb fail in every way and give all that is said then, once a trial."""
        if self._said is None:
            self._said = list(all_that_is_said(self))
        return self._said

    def day(self) -> Day:
        """Ask every verb once and watch, once a trial."""
        if self._day is None:
            self._day = ordinary_day(self)
        return self._day

    def _rehearse(self, verb: Verb) -> Rehearsal | Exception:
        visit = self.open()
        if not callable(getattr(visit.connector, verb.method, None)):
            pytest.skip(f"it has no method {verb}; that has its own check")
        if unfit(visit.connector, verb):
            pytest.skip(f"{verb} cannot be called; that has its own check")
        given = self.arguments(visit, verb)
        before = len(visit.tap.exchanges)
        try:
            answer = visit.ask(verb, given)
        except Exception as error:  # kept: whatever it is, it is the finding of its own check
            return error
        effects = [one for one in visit.tap.exchanges[before:] if one.effect]
        line = effects[-1] if effects else None
        return Rehearsal(answer, (line.method, line.path.partition("?")[0]) if line else None)

    # -- streams -------------------------------------------------------------------------------

    def walk(self, verb: Verb) -> Walk:
        """Walk a stream from its beginning, once a trial; the walk keeps what went wrong."""
        if verb not in self._walks:
            self._walks[verb] = walked(self, verb)
        return self._walks[verb]

    def whole_walk(self, verb: Verb) -> Walk:
        """Walk a stream; skips when that alone goes wrong, which has its own check."""
        walk = self.walk(verb)
        if walk.fault:
            pytest.skip(f"{verb} has no whole walk; that has its own check")
        return walk
