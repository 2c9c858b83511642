"""Group *manners*: what a connector never does, whatever happens."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from hub.records.address import Party
from hub.records.base import Record
from hub.records.message import Correspondent
from hub.sdk.config import secret_fields
from hub.sdk.http import USER_AGENT
from hub.sdk.redaction import redact
from hub.testing.suite.checks import check
from hub.testing.suite.day import Day, calling
from hub.testing.suite.finding import expect, expect_none
from hub.testing.suite.level import recorded_at
from hub.testing.suite.said import secrets_of, spellings
from hub.testing.suite.stage import Stage
from hub.testing.suite.verbs import Verb
from hub.testing.suite.visit import Visit, caught

SHORTEST = 6
"""Letters; shorter texts are found everywhere."""


class MannersChecks:
    """Sockets, secrets, politeness."""

    @check("manners")
    def test_every_request_goes_through_the_hubs_client(self, stage: Stage) -> None:
        """Only there are addresses checked, times bounded, secrets masked and calls recorded."""
        day = stage.day()
        expect_none(sorted(set(day.foreign))[:3])
        if stage.has_vendor:
            more = day.arrived - day.exchanges
            expect(more <= 0, f"{more} requests arrived that the hub's client never sent")

    @check("manners")
    def test_it_calls_nobody_but_its_vendor(self, stage: Stage) -> None:
        """A connector without a twin calls nobody at all."""
        expect_none(f"it asked for {url}" for url in sorted(set(stage.day().strangers)))

    @check("manners")
    def test_its_user_agent_names_hub_and_connector(self, stage: Stage) -> None:
        """The vendor's people must be able to say who is calling."""
        day = _called(stage)
        if day.foreign:
            pytest.skip("it calls past the hub's client; that has its own check")
        wanted = f"{USER_AGENT} ({stage.subject.name})"
        expect_none(f"a request came as {one!r}" for one in day.user_agents if wanted not in one)

    @check("manners")
    def test_it_stays_within_the_rate_it_declares(self, stage: Stage) -> None:
        """The hub counts calls; a verb must not make many at once behind its back."""
        rate = stage.subject.declared.rate
        day = _called(stage)
        if rate is None:
            pytest.skip("it declares no rate")
        expect(rate.calls >= 1 and rate.per.total_seconds() > 0, "its rate allows nothing")
        most = rate.concurrency
        expect(day.at_once <= most, f"{day.at_once} requests at once, {most} are declared")

    @check("manners")
    def test_no_call_waits_for_minutes(self, stage: Stage) -> None:
        """A worker that waits is a worker lost."""
        day = _called(stage)
        expect_none(f"a client with a total limit of {one:g} s" for one in sorted(set(day.slow)))

    @check("manners")
    def test_it_leaves_what_it_is_given_alone(self, stage: Stage) -> None:
        """The hub sends the same records again when an answer was lost."""
        expect_none(stage.day().altered)

    @check("manners")
    def test_no_secret_is_ever_shown(self, stage: Stage) -> None:
        """Not in an error, a log, a print or a repr, though the vendor repeats it."""
        values = secrets_of(stage)
        if not values:
            pytest.skip("it has no secrets")
        expect_none(_leaks(stage, [text for value in values for text in spellings(value)]))

    @check("manners")
    def test_no_personal_datum_is_ever_shown(self, stage: Stage) -> None:
        """Names, streets, mails and phones stay out of errors and logs: those are not sealed."""
        people = _people(stage)
        if not people:
            pytest.skip("no sample names a person")
        expect_none(_leaks(stage, people))

    @check("manners")
    def test_its_recordings_are_dated_and_redacted(self, stage: Stage) -> None:
        """What was recorded from a real account is committed, and read by everybody."""
        recordings = stage.samples.of("recordings")
        if not recordings:
            pytest.skip("there is no recording")
        hidden = secret_fields(stage.subject.declared.config_schema)
        secrets = [str(v) for n, v in stage.suite.config.items() if n in hidden]
        for recording in recordings:
            text = recording.raw.decode("utf-8", "replace")
            expect(recorded_at(recording), f"{recording} says no recorded_at with a zone")
            expect(not any(one in text for one in secrets), f"{recording} holds a secret")
            expect(redact(text) == text, f"{recording} holds what looks like a credential")


def _called(stage: Stage) -> Day:
    assert stage.twin  # skips where there is no vendor
    return stage.day()


def _leaks(stage: Stage, texts: Iterable[str]) -> Iterator[str]:
    for what, said in stage.said():
        if any(text in said for text in texts):
            yield f"{what} shows it"


def _people(stage: Stage) -> set[str]:
    """Give what names a person in the arguments of the verbs and in the sample records."""
    found: set[str] = set()
    visit = stage.open()
    for verb in list(calling(stage)):
        _collect(list(stage.arguments(visit, verb).values()), found)
    for verb in stage.subject.verbs("translation"):
        found |= _of_samples(stage, visit, verb)
    return {text for text in found if len(text) >= SHORTEST}


def _of_samples(stage: Stage, visit: Visit, verb: Verb) -> set[str]:
    found: set[str] = set()
    translate = getattr(visit.connector, verb.method, None)
    for sample in stage.samples.of(f"{verb.noun}s") if translate else ():
        data, _ = caught(lambda: translate(sample.raw))  # type: ignore[misc]  # noqa: B023
        for name in ("bill_to", "ship_to"):
            party = (data or {}).get(name)
            if isinstance(party, dict):
                _collect(Party.model_construct(**party), found)
    return found


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, Party):
        found |= {value.name, value.email, value.phone, *value.street}
    elif isinstance(value, Correspondent):
        found |= {value.name, value.address}
    elif isinstance(value, Record):
        for name in type(value).model_fields:
            _collect(getattr(value, name), found)
    elif isinstance(value, list | tuple):
        for one in value:
            _collect(one, found)
