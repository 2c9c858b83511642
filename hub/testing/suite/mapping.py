"""Group *mapping*: raw bytes become records, the same every time, and never more than they say."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from hub.records.order import ChannelState
from hub.sdk.errors import MappingError
from hub.testing.suite.checks import check, verbs
from hub.testing.suite.finding import expect_none, found
from hub.testing.suite.samples import Sample
from hub.testing.suite.stage import Stage
from hub.testing.suite.verbs import Verb
from hub.testing.suite.visit import caught, named
from hub.testing.suite.walk import RECORDS

Translate = Callable[[bytes], Mapping[str, Any]]

UNHEARD_OF = "unheard-of-status"
ANOTHER_DAY = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)


class MappingChecks:
    """The pure `to_…` methods."""

    @check("mapping", verbs("translation"))
    def test_every_sample_maps_to_a_record(self, stage: Stage, verb: Verb) -> None:
        """Strictly: unknown fields, floats and instants without a zone are refused."""
        translate = _translate(stage, verb)
        expect_none(
            f"{sample}: {fault}"
            for sample in _samples(stage, verb)
            if (fault := _misfit(verb, translate, sample))
        )

    @check("mapping", verbs("translation"))
    def test_mapping_again_gives_the_same(self, stage: Stage, verb: Verb) -> None:
        """Also on another day and in another process: a repair maps old bytes anew."""
        first = _translate(stage, verb)
        second = getattr(stage.open(clock=lambda: ANOTHER_DAY).connector, verb.method)
        expect_none(
            f"{sample} maps differently the second time"
            for sample in _good(stage, verb)
            if caught(lambda one=sample: first(one.raw))[0]  # type: ignore[misc]
            != caught(lambda one=sample: second(one.raw))[0]  # type: ignore[misc]
        )

    @check("mapping", verbs("translation"))
    def test_what_is_missing_is_a_mapping_error(self, stage: Stage, verb: Verb) -> None:
        """A field that goes away or is empty quarantines the record, with the field's name."""
        translate = _translate(stage, verb)
        expect_none(
            f"{sample} {what}: {fault}"
            for sample in _good(stage, verb)[:3]
            for what, raw in _maimed(sample)
            if (fault := _unnamed(verb, translate, raw))
        )

    @check("mapping", verbs("translation"))
    def test_an_unknown_status_is_unknown(self, stage: Stage, verb: Verb) -> None:
        """A status nobody mapped must not release an order; it lands and waits."""
        if verb.method != "to_order":
            pytest.skip(f"{verb} gives no status that releases anything")
        translate = _translate(stage, verb)
        odd = list(_with_unknown_status(stage, verb, translate))
        if not odd:
            found(
                "no sample shows where the status stands: add orders/unknown-status.json, an order "
                "whose status nobody has heard of"
            )
        expect_none(f"{name}: {fault}" for name, raw in odd if (fault := _too_sure(translate, raw)))


def _translate(stage: Stage, verb: Verb) -> Translate:
    method = getattr(stage.open().connector, verb.method, None)
    if method is None:
        pytest.skip(f"it has no method {verb}; that has its own check")
    return method


def _samples(stage: Stage, verb: Verb) -> tuple[Sample, ...]:
    samples = stage.samples.of(f"{verb.noun}s")
    if not samples:
        pytest.skip(f"there is no sample in {verb.noun}s; that has its own check")
    return samples


def _good(stage: Stage, verb: Verb) -> list[Sample]:
    return [sample for sample in _samples(stage, verb) if not sample.is_bad]


def _misfit(verb: Verb, translate: Translate, sample: Sample) -> str:
    data, error = caught(lambda: translate(sample.raw))
    if sample.is_bad:
        return "" if isinstance(error, MappingError) else f"{named(error)}, not MappingError"
    return _invalid(verb, data) if error is None else named(error)


def _invalid(verb: Verb, data: Any) -> str:
    if (record := RECORDS.get(verb.method)) is None:
        return ""
    try:
        record.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return ""


def _maimed(sample: Sample) -> Iterator[tuple[str, bytes]]:
    yield "emptied", b"{}"
    whole = sample.document
    if not isinstance(whole, dict):
        return
    for name in whole:
        less = {other: value for other, value in whole.items() if other != name}
        yield f"without {name}", json.dumps(less).encode()
        yield f"with {name} null", json.dumps({**whole, name: None}).encode()


def _unnamed(verb: Verb, translate: Translate, raw: bytes) -> str:
    data, error = caught(lambda: translate(raw))
    if error is None:
        return ""  # what the hub's own records refuse is kept aside as well
    return "" if isinstance(error, MappingError) else f"{named(error)}, not MappingError"


def _with_unknown_status(
    stage: Stage, verb: Verb, translate: Translate
) -> Iterator[tuple[str, bytes]]:
    for sample in _good(stage, verb):
        if sample.name.startswith("unknown-status"):
            yield sample.name, sample.raw
            continue
        data, _ = caught(lambda one=sample: translate(one.raw))  # type: ignore[misc]
        status = str(data.get("channel_status", "")) if data else ""
        changed = _replaced(sample.document, status) if status else None
        if changed != sample.document and changed is not None:
            yield f"{sample.name} with an unknown status", json.dumps(changed).encode()


def _replaced(document: Any, status: str) -> Any:
    """Change the status where a record says it: on its first level, in so many words."""
    if not isinstance(document, dict):
        return document
    return {
        name: UNHEARD_OF if isinstance(value, str) and value == status else value
        for name, value in document.items()
    }


def _too_sure(translate: Translate, raw: bytes) -> str:
    data, error = caught(lambda: translate(raw))
    if isinstance(error, MappingError):
        return ""
    if error is not None:
        return named(error)
    state = data.get("state")
    return "" if state is ChannelState.UNKNOWN else f"it is taken for {state}, not unknown"
