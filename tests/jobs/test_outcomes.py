"""The table from errors to transitions."""

from datetime import UTC, datetime, timedelta
from sqlite3 import OperationalError as SqliteError
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from hub.jobs.outcomes import LONGEST_TEXT, TABLE, Facts, Outcome, decide
from hub.sdk import errors
from hub.sdk.errors import (
    AccountStoppedError,
    AuthError,
    ConfigError,
    HubError,
    MappingError,
    NotSentError,
    RateLimitedError,
    RedirectedError,
    RejectedError,
    SignatureError,
    TransientError,
    UnknownOutcomeError,
)
from hub.store.jobs import Cancelled, ConnectionMoved, LeaseLost, LookAgain, Retry, Snooze, Wait

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def facts(**changes: Any) -> Facts:
    fields: dict[str, Any] = {
        "attempt": 1, "max_attempts": 5, "deadline_at": None,
        "retry": Retry(base_s=10, cap_s=60), "now": NOW, "chance": lambda: 1.0,
    }  # fmt: skip
    return Facts(**fields | changes)


def wait_s(outcome: Outcome) -> float:
    assert outcome.run_at is not None
    return (outcome.run_at - NOW).total_seconds()


def locked() -> OperationalError:
    cause = SqliteError("database is locked")
    cause.sqlite_errorname = "SQLITE_BUSY"
    return OperationalError("SELECT", {}, cause)


CASES: list[tuple[Exception, str, str]] = [
    (TransientError("down"), "T8", "transient"),
    (NotSentError("no route"), "T8", "not_sent"),
    (UnknownOutcomeError("timeout"), "T8", "unknown_outcome"),
    (RateLimitedError("slow down"), "T9", "rate_limited"),
    (Snooze(NOW, "settling"), "T9", "snoozed"),
    (LookAgain(NOW, "under way"), "T9", "looked"),
    (AuthError("401"), "T8", "auth"),
    (AccountStoppedError("402"), "T8", "account"),
    (RedirectedError("301"), "T16", "redirected"),
    (RejectedError("no such parcel"), "T16", "rejected"),
    (MappingError("total", "x"), "T16", "mapping"),
    (ConfigError("no URL"), "T16", "config"),
    (SignatureError("bad"), "T16", "refused"),
    (HubError("no"), "T16", "refused"),
    (KeyError("a fault of ours"), "T8", "internal"),
    (locked(), "T8", "contention"),
    (Wait("approval:7", NOW, "a person must agree"), "T10", "waiting"),
    (ConnectionMoved("paused"), "T9", "moved"),
    (Cancelled("asked to stop"), "T19", "cancelled"),
    (LeaseLost("gone"), "", ""),
]


@pytest.mark.parametrize(("error", "transition", "error_class"), CASES)
def test_each_error_has_its_transition(error: Exception, transition: str, error_class: str) -> None:
    outcome = decide(error, facts())
    assert (outcome.transition, outcome.error_class) == (transition, error_class)


def test_every_error_of_the_sdk_has_a_case() -> None:
    named = {
        e for e in vars(errors).values() if isinstance(e, type) and e.__module__ == errors.__name__
    }
    assert named - {type(error) for error, _, _ in CASES} == {errors.ConnectorError}


def test_no_line_of_the_table_is_hidden_by_an_earlier_one() -> None:
    for place, (named, _, _) in enumerate(TABLE):
        assert not any(issubclass(named, earlier) for earlier, _, _ in TABLE[:place])


def test_backoff_doubles_up_to_its_cap_and_is_spread_by_half() -> None:
    retry = Retry(base_s=10, cap_s=60)
    longest = [retry.delay(n, lambda: 1.0).total_seconds() for n in (1, 2, 3, 4, 99)]
    assert longest == [10, 20, 40, 60, 60]
    assert retry.delay(1, lambda: 0.0).total_seconds() == 5


def test_a_vendor_that_names_a_time_is_not_asked_earlier() -> None:
    assert wait_s(decide(TransientError("down", retry_after=90), facts())) == 90
    assert wait_s(decide(TransientError("down", retry_after=2), facts())) == 10


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (30, 33), (0, 1.1), (-5, 1.1), (10**9, 3960), (None, 11),
        (float("nan"), 1.1), (float("inf"), 3960),
    ],
)  # fmt: skip
def test_an_absurd_wish_for_patience_is_bounded(asked: float | None, waits: float) -> None:
    outcome = decide(RateLimitedError("slow down", asked), facts())
    assert wait_s(outcome) == pytest.approx(waits)


def test_a_snooze_into_the_past_means_now() -> None:
    outcome = decide(Snooze(NOW - timedelta(days=1), "settling"), facts())
    assert outcome.run_at == NOW


def test_the_last_attempt_is_the_last() -> None:
    outcome = decide(TransientError("down"), facts(attempt=5))
    assert (outcome.transition, outcome.error_class) == ("T16", "transient")
    assert outcome.error_text == "given up after 5 attempts: down"
    assert decide(KeyError("x"), facts(attempt=5)).transition == "T16"


@pytest.mark.parametrize(
    "error", [TransientError("x"), RateLimitedError("x", 60), Snooze(NOW + timedelta(60), "x")]
)
def test_nothing_is_tried_beyond_its_deadline(error: Exception) -> None:
    outcome = decide(error, facts(deadline_at=NOW + timedelta(seconds=9)))
    assert outcome.transition == "T16" and "at its deadline" in outcome.error_text


def test_the_second_refusal_of_credentials_stops_the_connection() -> None:
    assert decide(AuthError("401"), facts()).transition == "T8"
    assert decide(AuthError("401"), facts(auth_failed_before=True)).transition == "T12"
    assert decide(AuthError("401"), facts(attempt=5)).transition == "T12"
    assert decide(AuthError("401"), facts(has_connection=False)).transition == "T16"


def test_the_second_refusal_of_the_account_stops_the_connection_too() -> None:
    outcome = decide(AccountStoppedError("402: unpaid"), facts(auth_failed_before=True))
    assert (outcome.transition, outcome.error_class) == ("T12", "account")


def test_what_is_kept_of_an_error_is_redacted_and_short() -> None:
    leaky = TransientError(
        "https://ada:pw@shop.test/?consumer_secret=cs_123 ada@mail.test " + "x" * 900
    )
    text = decide(leaky, facts()).error_text
    assert "pw@" not in text and "cs_123" not in text and "ada@" not in text
    assert len(text) == LONGEST_TEXT


def test_a_fault_nobody_foresaw_tells_its_kind_and_its_place_and_quotes_nothing() -> None:
    try:
        {}["Ada Muster, 12 Harbor Road"]  # type: ignore[index]
    except KeyError as error:
        text = decide(error, facts()).error_text
    assert text.startswith("KeyError in test_outcomes.test_a_fault") and "Ada" not in text
