"""An ordinary day: every verb once, and all that could be seen and heard of it."""

import base64
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.testing.suite.ears import Heard
from hub.testing.suite.subject import CHECK
from hub.testing.suite.verbs import Sort, Verb

if TYPE_CHECKING:
    from hub.testing.suite.stage import Stage

CALLING: tuple[Sort, ...] = ("stream", "read", "desired", "effect", "lookup")


@dataclass
class Day:
    """Evidence about the manners of a connector."""

    foreign: list[str] = field(default_factory=list)
    """Sockets and processes opened past the hub's client."""
    strangers: list[str] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    exchanges: int = 0
    arrived: int = 0
    """Requests that arrived at the vendor, whichever way they came."""
    user_agents: set[str] = field(default_factory=set)
    said: str = ""
    """All that was sent to the vendor, Basic credentials unpacked."""
    at_once: int = 0
    altered: list[str] = field(default_factory=list)
    """Verbs that changed what they were given."""


def ordinary_day(stage: "Stage") -> Day:
    """Ask every verb once."""
    day = Day()
    for verb in calling(stage):
        stage.rehearsed(verb)
        stage.ears.reset()
        visit = stage.open()
        given = stage.arguments(visit, verb)
        before = repr(given)
        visit.ask(verb, given)
        if repr(given) != before:
            day.altered.append(f"{verb} changed what it was given")
        day.foreign += visit.foreign
        day.strangers += visit.tap.strangers
        day.slow += visit.tap.slow
        day.exchanges += len(visit.tap.exchanges)
        day.arrived += len(stage.ears.heard)
        day.said += "".join(map(_text, stage.ears.heard))
        day.user_agents |= {one.headers.get("user-agent", "") for one in stage.ears.heard}
        day.at_once = max(day.at_once, visit.tap.under_way.most)
    return day


def calling(stage: "Stage") -> Iterator[Verb]:
    """Give the verbs that can be asked and that work on an undisturbed day."""
    for verb in (CHECK, *stage.subject.verbs(*CALLING)):
        if stage.works(verb):
            yield verb


def _text(heard: Heard) -> str:
    basic = heard.headers.get("authorization", "").removeprefix("Basic ")
    with suppress(ValueError):
        basic += base64.b64decode(basic).decode("latin-1")
    headers = "".join(heard.headers.values())
    return f"{heard.path}{headers}{basic}{heard.body.decode('latin-1')}"


@contextmanager
def overheard() -> Iterator[Callable[[], str]]:
    """Collect what is printed, logged and warned meanwhile, at every level."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging.Formatter("%(message)s %(args)s"))
    # The simulated vendor lives in this process too, and its server logs what it is asked.
    handler.addFilter(lambda record: not str(record.threadName).startswith("twin "))
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = [handler]  # others may print what the twin's threads log
    root.setLevel(logging.DEBUG)
    try:
        with (
            redirect_stdout(said),
            redirect_stderr(said),
            warnings.catch_warnings(record=True) as warned,
        ):
            warnings.simplefilter("always")
            yield lambda: "\n".join([said.getvalue(), *(str(one.message) for one in warned)])
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def told_by(error: BaseException | None) -> str:
    """Give all that an error shows of itself, with the errors behind it."""
    parts: list[str] = []
    while error is not None and len(parts) < 40:
        shown: list[Any] = [error, repr(error), error.args, getattr(error, "__notes__", "")]
        parts += [str(one) for one in shown]
        parts += [str(value) for value in vars(error).values()]
        error = error.__cause__ or error.__context__
    return "\n".join(parts)
