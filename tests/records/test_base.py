"""The base of every record: what it refuses, so that nothing else has to."""

import inspect
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from hub.records.address import Party
from hub.records.base import Instant, Quantity, Record, Text, Word, system_clock
from hub.records.schema import RECORDS


class Sample(Record):
    word: Word = "w"
    text: Text = ""
    at: Instant | None = None
    quantity: Quantity = 0
    document: bytes = b""


def refused(**fields: object) -> str:
    with pytest.raises(ValidationError) as error:
        Sample.model_validate(fields)
    return str(error.value)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "a\udfff"])
def test_text_that_no_database_can_keep_is_refused(text: str) -> None:
    refused(text=text)
    refused(word=text)


@pytest.mark.parametrize("text", ["", "line\nbreak", "😀", "é", "\x7f", "‮", "a" * 100_000])
def test_any_other_text_is_kept_as_it_is(text: str) -> None:
    assert Sample(text=text).text == text


def test_a_word_is_not_empty_and_not_a_novel() -> None:
    refused(word="")
    refused(word="w" * 256)
    assert Sample(word="w" * 255)


def test_an_instant_without_a_zone_is_refused() -> None:
    assert "needs a zone" in refused(at=datetime(2026, 1, 1))  # noqa: DTZ001 - on purpose


def test_an_instant_of_another_zone_is_kept_in_utc() -> None:
    eastern = timezone(timedelta(hours=-5))
    kept = Sample(at=datetime(2026, 1, 1, 20, tzinfo=eastern)).at
    assert kept == datetime(2026, 1, 2, 1, tzinfo=UTC)
    assert kept is not None and kept.tzinfo is UTC


def test_the_machine_s_clock_gives_utc() -> None:
    assert system_clock().tzinfo is UTC


def test_nothing_is_guessed_from_another_type() -> None:
    refused(quantity="3")
    refused(quantity=3.0)
    refused(quantity=True)
    refused(text=3)
    refused(at="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("quantity", [-1, 1_000_001, 10**30])
def test_an_absurd_quantity_is_refused(quantity: int) -> None:
    refused(quantity=quantity)


def test_an_unknown_field_is_refused_by_name() -> None:
    assert "wrod" in refused(wrod="w")


def test_a_refusal_never_repeats_the_value() -> None:
    assert "hunter2" not in refused(word="hunter2\x00")
    assert "hunter2" not in refused(quantity="hunter2")


def test_a_record_cannot_be_changed() -> None:
    sample = Sample()
    with pytest.raises(ValidationError, match="frozen"):
        sample.word = "other"  # type: ignore[misc]


def test_bytes_that_are_no_text_survive_the_journey_through_json() -> None:
    sample = Sample(document=bytes(range(256)))
    assert Sample.model_validate_json(sample.model_dump_json()) == sample
    assert isinstance(sample.to_document()["document"], str)


@pytest.mark.parametrize("name", RECORDS)
def test_every_published_record_is_strict_frozen_and_explained(name: str) -> None:
    config = RECORDS[name].model_config
    assert config["frozen"] and config["strict"] and config["extra"] == "forbid"
    assert inspect.getdoc(RECORDS[name])


@pytest.mark.parametrize("missing", ["country", "city", "street", "name"])
def test_a_parcel_needs_a_name_a_street_a_city_and_a_country(missing: str) -> None:
    whole = Party(name="Ada", street=("1 Main St",), city="London", country="GB")
    assert whole.can_receive()
    assert not whole.model_copy(update={missing: () if missing == "street" else ""}).can_receive()
    assert whole.model_copy(update={"name": "", "company": "Analytical Engines"}).can_receive()
