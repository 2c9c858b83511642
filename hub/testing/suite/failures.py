"""Group *failures*: what goes wrong is named by what the hub is to do next.

For a reading: try later, slow down, ask for new credentials, or give up. For an effect all but a
proven refusal and a provably unsent request is unknown.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from hub.sdk import errors
from hub.sdk.capabilities import Page
from hub.sdk.errors import (
    AuthError,
    ConnectorError,
    MappingError,
    NotSentError,
    RateLimitedError,
    RejectedError,
    TransientError,
    UnknownOutcomeError,
)
from hub.testing.suite.checks import calling_verbs, check, rows, verbs
from hub.testing.suite.ears import Scripted
from hub.testing.suite.finding import expect, expect_none, found
from hub.testing.suite.stage import Rehearsal, Stage
from hub.testing.suite.subject import CHECK
from hub.testing.suite.verbs import Verb
from hub.testing.suite.visit import caught, named

Kinds = tuple[type[ConnectorError], ...]


@dataclass(frozen=True)
class Weather:
    """One kind of trouble, and how it must be named."""

    fault: str
    reading: Kinds
    """For a reading, and for desired state."""
    effect: Kinds
    status: int | None = None
    wait: float | None = None
    """The seconds that the vendor asks us to wait."""
    single: bool = True
    """Whether an answer about one thing, or a batch, may also tell it without an error."""


_LATER, _LOST = (TransientError,), (UnknownOutcomeError,)
_NO = (RejectedError,)

WEATHER: dict[str, Weather] = {
    "401": Weather("refuse", (AuthError,), (AuthError,), 401, single=False),
    # In nobody's words it may be a firewall's; the vendor's own refusal has a check of its own.
    "403": Weather(
        "refuse", (AuthError, TransientError), (AuthError, UnknownOutcomeError), 403, single=False
    ),
    "404": Weather("refuse", _NO, _NO, 404),
    "409": Weather("refuse", (RejectedError, TransientError), _LOST, 409),
    "422": Weather("refuse", _NO, _NO, 422),
    "429 with a time": Weather(
        "rate_limit", (RateLimitedError,), (RateLimitedError,), wait=7, single=False
    ),
    "429 without a time": Weather(
        "rate_limit", (RateLimitedError,), (RateLimitedError,), single=False
    ),
    "500": Weather("error_before", _LATER, _LOST, 500, single=False),
    "503": Weather("down", _LATER, _LOST, 503, single=False),
    "500 after it was done": Weather("error_after", _LATER, _LOST, 500, single=False),
    "a reset": Weather("reset", _LATER, _LOST, single=False),
    "an answer cut short": Weather("truncated", _LATER, _LOST, single=False),
    "an answer that is no JSON": Weather("malformed", (*_LATER, MappingError), _LOST, single=False),
    "a login page": Weather("html", _LATER, _LOST, single=False),
}  # fmt: skip


DEGRADED = ("error_before", "down", "truncated", "malformed", "html", "reset")
"""Faults under which a list proves nothing."""


class FailureChecks:
    """The simulated vendor on bad days, set by its dials."""

    @check("failures", rows(tuple(WEATHER.items())))
    def test_trouble_is_named(self, stage: Stage, case: Weather) -> None:
        """Every verb that calls the vendor, each met by the same trouble."""
        assert stage.twin  # skips where there is no vendor
        expect_none(_misnamed(stage, case))

    @check("failures", verbs("effect"))
    def test_a_lost_answer_is_unknown(self, stage: Stage, verb: Verb) -> None:
        """It was done, and nobody heard: neither refused nor to be sent again."""
        line = stage.rehearsed(verb).effect
        if line is None:
            pytest.skip("it sends no effect to anybody")
        visit = stage.hurried()
        given = stage.arguments(visit, verb)
        stage.silence(line[0], exactly(line[1]))
        answer, error = caught(lambda: visit.ask(verb, given))
        right = isinstance(error, UnknownOutcomeError)
        expect(right, f"{named(error)}, answer {answer!r:.80}, not UnknownOutcomeError")

    @check("failures")
    def test_a_silent_vendor_is_tried_later(self, stage: Stage) -> None:
        """A reading that gets no answer in time."""
        assert stage.twin
        readings = [CHECK, *stage.subject.verbs("stream")[:1]]
        for verb in readings:
            stage.rehearsed(verb)
            visit = stage.hurried()
            stage.silence()
            answer, error = caught(lambda: stage.tried(visit, verb))  # noqa: B023
            stage.twin.clear()
            right = isinstance(error, TransientError)
            expect(right, f"{verb}: {named(error)}, answer {answer!r:.80}, not TransientError")

    @check("failures", calling_verbs)
    def test_a_vendor_that_is_not_there_got_nothing(self, stage: Stage, verb: Verb) -> None:
        """No connection at all proves that nothing was sent, also for an effect."""
        assert stage.twin
        stage.rehearsed(verb)
        visit = stage.open()
        given = stage.arguments(visit, verb)
        before = len(visit.tap.exchanges)
        visit.tap.hang_up()
        answer, error = caught(lambda: visit.ask(verb, given))
        if len(visit.tap.exchanges) == before:
            pytest.skip(f"{verb} asks nobody for its sample")
        right = isinstance(error, NotSentError)
        expect(right, f"{named(error)}, answer {answer!r:.80}, not NotSentError")

    @check("failures", calling_verbs)
    def test_a_revoked_key_is_an_auth_error(self, stage: Stage, verb: Verb) -> None:
        """In the vendor's own words for it, whatever they are."""
        assert stage.twin
        stage.rehearsed(verb)
        visit = stage.open()
        given = stage.arguments(visit, verb)
        before = len(visit.tap.exchanges)
        stage.twin.fault("revoked")
        answer, error = caught(lambda: visit.ask(verb, given))
        if len(visit.tap.exchanges) == before:
            pytest.skip(f"{verb} asks nobody for its sample")
        right = isinstance(error, AuthError)
        expect(right, f"{named(error)}, answer {answer!r:.80}, not AuthError")

    @check("failures", verbs("stream"))
    def test_a_failure_on_a_later_page_is_no_end(self, stage: Stage, verb: Verb) -> None:
        """Half a list is not a shorter list."""
        whole = stage.whole_walk(verb)
        if len(whole.pages) < 2:
            pytest.skip("there is only one page; that has its own check")
        visit = stage.open()
        pages = getattr(visit.connector, verb.method)(None)
        given = [next(pages)]
        stage.twin.fault("error_before", times=None)
        _, error = caught(lambda: given.extend(pages))
        # What was asked for ahead may still come; then it must be all.
        missing = _items(whole.pages) - _items(given)
        right = isinstance(error, TransientError) or (error is None and not missing)
        expect(right, f"{named(error)} at a failing page, and {missing} records less")

    @check("failures")
    def test_the_vendors_own_errors_are_named(self, stage: Stage) -> None:
        """The samples in errors/, in the vendor's own words."""
        samples = stage.samples.of("errors")
        if not samples:
            pytest.skip("there is no sample in errors")
        assert stage.twin
        expect_none(
            f"{sample}: {fault}"
            for sample in samples
            if (fault := _misjudged(stage, sample.document))
        )


def _items(pages: Sequence[Page]) -> int:
    return sum(len(page.items) for page in pages)


def exactly(path: str) -> str:
    """Make the expression that meets one path, with any query."""
    return rf"^{re.escape(path)}($|\?)"


def _misnamed(stage: Stage, weather: Weather) -> Iterator[str]:
    sorts = ("stream", "read", "desired", "effect", "lookup")
    for verb in (CHECK, *stage.subject.verbs(*sorts)):  # type: ignore[arg-type]
        if not stage.works(verb):
            continue  # it has its own check
        if verb.sort == "lookup" and weather.fault in DEGRADED:
            continue  # so has this
        rehearsal = stage.rehearsed(verb)
        if verb.sort == "effect" and rehearsal.effect is None:
            continue  # and this
        if fault := _under(stage, weather, verb, rehearsal):
            yield f"{verb}: {fault}"


def _under(stage: Stage, weather: Weather, verb: Verb, rehearsal: Rehearsal) -> str:
    stage.reset()
    visit = stage.open()
    given = stage.arguments(visit, verb)
    before = len(visit.tap.exchanges)
    if verb.sort == "effect" and rehearsal.effect:
        method, path = rehearsal.effect
        dial: dict[str, Any] = {"method": method, "path": exactly(path)}
    else:
        dial = {}
    if weather.status:
        dial["status"] = weather.status
    if weather.wait:
        dial["retry_after"] = weather.wait
    stage.twin.fault(weather.fault, times=None, **dial)
    answer, error = caught(lambda: visit.ask(verb, given))
    stage.twin.clear()
    asked = len(visit.tap.exchanges) - before
    visit.tap.close()
    return _verdict(weather, verb, answer, error) if asked else ""


def _verdict(weather: Weather, verb: Verb, answer: Any, error: Exception | None) -> str:
    wanted = weather.effect if verb.sort == "effect" else weather.reading
    if error is None:
        mild = weather.single and verb.sort in ("lookup", "read", "desired") and verb != CHECK
        return "" if mild else f"no error, it answers {answer!r:.80}"
    if not isinstance(error, wanted):
        return f"{named(error)}, not {' or '.join(kind.__name__ for kind in wanted)}"
    if isinstance(error, RateLimitedError) and error.retry_after != weather.wait:
        return f"asked to wait {weather.wait} s, it says {error.retry_after}"
    return ""


def _misjudged(stage: Stage, sample: dict[str, Any]) -> str:
    names = {verb.method: verb for verb in (CHECK, *stage.subject.verbs())}
    if (verb := names.get(sample["verb"])) is None:
        return f"{sample['verb']} is no verb of this connector"
    line = stage.rehearsed(verb).effect
    visit = stage.open()
    given = stage.arguments(visit, verb)
    body = sample.get("body", "")
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    method, path = (line[0], exactly(line[1])) if line else (sample.get("method"), ".*")
    headers = sample.get("headers", {})
    before = stage.ears.spoken
    stage.ears.scripted = Scripted(method, path, int(sample["status"]), headers, raw)
    _, error = caught(lambda: visit.ask(verb, given))
    stage.ears.scripted = None
    if stage.ears.spoken == before:
        return f"{verb} sends no {method or 'request'}, so nothing could refuse it"
    wanted = getattr(errors, sample["raises"], None)
    if wanted is None:
        found(f"{sample['raises']} is no error of the sdk")
    if type(error) is not wanted:
        return f"{named(error)}, not {sample['raises']}"
    says = sample.get("says", "")
    return "" if says in str(error) else f"{named(error)} does not say {says!r}"
