"""What an error means for its job: one table from errors to transitions, pure."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

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
    TransientError,
    UnknownOutcomeError,
)
from hub.sdk.redaction import redact
from hub.store.contention import is_contention
from hub.store.jobs import (
    Cancelled,
    Chance,
    ConnectionMoved,
    LeaseLost,
    LookAgain,
    Retry,
    RunningJob,
    Snooze,
    Wait,
)

LONGEST_TEXT = 500
DEEPEST = 4
"""Steps of a fault's place that are told, the innermost first."""
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 1.0, 3600.0


@dataclass(frozen=True)
class Outcome:
    """A transition out of running, by its number; "" when the job is not ours any more.

    T12 stands for: the connection is stopped, and its jobs are held, this one too. Its error class
    says as what: `auth` needs new credentials, `account` is paused until a person resumes it.
    """

    transition: str
    run_at: datetime | None = None
    error_class: str = ""
    error_text: str = ""
    wake_on: str = ""
    """What a T10 waits for."""


@dataclass(frozen=True)
class Facts:
    """What besides the error decides."""

    attempt: int
    max_attempts: int
    deadline_at: datetime | None
    retry: Retry
    now: datetime
    chance: Chance
    auth_failed_before: bool = False
    """The connection's credentials, or its account, were refused to an earlier attempt as well."""
    has_connection: bool = True

    @classmethod
    def of(
        cls, job: RunningJob, retry: Retry, now: datetime, chance: Chance, auth_failed_before: bool
    ) -> "Facts":
        """Gather the facts of a running job."""
        return cls(
            job.attempt, job.max_attempts, job.deadline_at, retry, now, chance,
            auth_failed_before, job.connection_id is not None,
        )  # fmt: skip


def decide(error: Exception, facts: Facts) -> Outcome:
    """Say what becomes of the job whose handler raised `error`."""
    for named, error_class, rule in TABLE:
        if isinstance(error, named):
            return rule(error, error_class, facts)
    return _again(error, "contention" if is_contention(error) else "internal", facts)


def told(error: Exception) -> str:
    """Give the error's text as operators may read it: redacted and short.

    An error that nobody foresaw may quote what it could not digest, a person's name as well as a
    key: of such a one only its kind and its place are told.
    """
    if isinstance(error, HubError | Snooze | Wait | Cancelled | ConnectionMoved):
        return (redact(str(error)) or "no explanation was given")[:LONGEST_TEXT]
    places = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    steps = " < ".join(f"{Path(one.filename).stem}.{one.name}:{one.lineno}" for one in places[::-1])
    return f"{type(error).__name__} in {steps or 'no known place'}"[:LONGEST_TEXT]


def _lost(error: Exception, error_class: str, facts: Facts) -> Outcome:
    return Outcome("")


def _again(error: Exception, error_class: str, facts: Facts) -> Outcome:
    """T8 until attempts or time are used up, then T16."""
    if facts.attempt >= facts.max_attempts:
        return _given_up(f"after {facts.attempt} attempts", error, error_class)
    delay = facts.retry.delay(facts.attempt, facts.chance)
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        delay = max(delay, _bounded(asked))
    run_at = facts.now + delay
    if facts.deadline_at is not None and run_at > facts.deadline_at:
        return _given_up("at its deadline", error, error_class)
    return Outcome("T8", run_at, error_class, told(error))


def _slow_down(error: Exception, error_class: str, facts: Facts) -> Outcome:
    """T9: the vendor asked for patience; the wait is bounded and spread, the attempt kept."""
    asked = getattr(error, "retry_after", None)
    wait = _bounded(facts.retry.base_s if asked is None else asked)
    return _snoozed(facts.now + wait * (1 + facts.chance() / 10), error, error_class, facts)


def _come_back(error: Exception, error_class: str, facts: Facts) -> Outcome:
    """T9: the handler named the time."""
    until = error.until if isinstance(error, Snooze) else facts.now
    return _snoozed(max(until, facts.now), error, error_class, facts)


def _snoozed(run_at: datetime, error: Exception, error_class: str, facts: Facts) -> Outcome:
    if facts.deadline_at is not None and run_at > facts.deadline_at:
        return _given_up("at its deadline", error, error_class)
    return Outcome("T9", run_at, error_class, told(error))


def _park(error: Exception, error_class: str, facts: Facts) -> Outcome:
    """T10: at the latest it looks again at its deadline, and then it must have an answer."""
    if not isinstance(error, Wait) or (facts.deadline_at and facts.now >= facts.deadline_at):
        return _given_up("at its deadline", error, error_class)
    until = max(min(error.until, facts.deadline_at or error.until), facts.now)
    return Outcome("T10", until, error_class, told(error), error.wake_on)


def _stopped(error: Exception, error_class: str, facts: Facts) -> Outcome:
    return Outcome("T19", None, error_class, told(error))


def _unauthorised(error: Exception, error_class: str, facts: Facts) -> Outcome:
    """One more try, soon: a single refusal may be a hiccup. The second stops the connection."""
    if not facts.has_connection:
        return _dead(error, error_class, facts)
    if facts.auth_failed_before or facts.attempt >= facts.max_attempts:
        return Outcome("T12", None, error_class, told(error))
    return Outcome("T8", facts.now + facts.retry.delay(1, facts.chance), error_class, told(error))


def _dead(error: Exception, error_class: str, facts: Facts) -> Outcome:
    return Outcome("T16", None, error_class, told(error))


def _given_up(when: str, error: Exception, error_class: str) -> Outcome:
    return Outcome("T16", None, error_class, f"given up {when}: {told(error)}"[:LONGEST_TEXT])


def _bounded(seconds: float) -> timedelta:
    """A vendor's wish within reason; a wish that is no number counts as the shortest."""
    if seconds != seconds:
        return timedelta(seconds=_SHORTEST_WAIT_S)
    return timedelta(seconds=min(max(seconds, _SHORTEST_WAIT_S), _LONGEST_WAIT_S))


Rule = Callable[[Exception, str, Facts], Outcome]

TABLE: tuple[tuple[type[Exception], str, Rule], ...] = (
    # error, its class as shown and counted, what happens next; the first match decides
    (LeaseLost, "", _lost),
    (LookAgain, "looked", _come_back),
    (Snooze, "snoozed", _come_back),
    (ConnectionMoved, "moved", _come_back),
    (Wait, "waiting", _park),
    (Cancelled, "cancelled", _stopped),
    (RateLimitedError, "rate_limited", _slow_down),
    (NotSentError, "not_sent", _again),
    (UnknownOutcomeError, "unknown_outcome", _again),
    (TransientError, "transient", _again),
    (AccountStoppedError, "account", _unauthorised),
    (AuthError, "auth", _unauthorised),
    (RedirectedError, "redirected", _dead),
    (RejectedError, "rejected", _dead),
    (MappingError, "mapping", _dead),
    (ConfigError, "config", _dead),
    (HubError, "refused", _dead),
)
