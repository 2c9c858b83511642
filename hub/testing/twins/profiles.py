"""The weather at a twin, by name: which faults, how likely, when; as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.testing.twins.dials import FaultDials
from hub.testing.twins.faults import WRITING, Fault, parse_fault
from hub.testing.twins.state import TwinState

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


def _likely(rate: float, kind: str, **dial: Any) -> Fault:
    return parse_fault({"kind": kind, "rate": rate, "times": None, **dial})


@dataclass(frozen=True)
class Profile:
    """One kind of weather: a sentence, and its faults; `heals_after` is in seconds."""

    title: str
    faults: tuple[Fault, ...] = ()
    heals_after: float | None = None


CALM = Profile("nothing goes wrong")
BUSY_MONDAY = Profile(
    "bursts: each ten minutes begin with one of refusals to talk faster; webhooks lag",
    (
        _likely(0.50, "rate_limit", every=10 * MINUTE, lasting=MINUTE, retry_after=5),
        _likely(0.02, "rate_limit"),
        _likely(0.01, "rate_limit", retry_after="soon"),
        _likely(0.05, "slow", seconds=0.05),
        _likely(0.30, "late", least=5, seconds=3 * MINUTE),
    ),
)
FLAKY_NETWORK = Profile(
    "lines that break before, during and after the answer",
    (
        _likely(0.03, "reset"),
        _likely(0.03, "error_before", status=502),
        _likely(0.01, "html"),
        _likely(0.02, "truncated"),
        _likely(0.01, "malformed"),
        _likely(0.03, "slow", seconds=0.05),
    ),
)
LOST_ANSWERS = Profile(
    "what was asked for is done, or will be, and nobody is told",
    (
        _likely(0.05, "late_apply", least=0, seconds=45),
        _likely(0.05, "error_after", method=WRITING),
        _likely(0.05, "timeout_after", method=WRITING),
    ),
)
DEGRADED_READS = Profile(
    "replicas that lag and lists that break off",
    (
        _likely(0.05, "stale", seconds=30),
        _likely(0.10, "lagging_list", seconds=60),
        _likely(0.10, "degraded_list"),
    ),
)
UNRELIABLE_WEBHOOKS = Profile(
    "a third of them never arrive; others twice, late, out of order, or forged",
    (
        _likely(0.30, "drop"),
        _likely(0.15, "duplicate"),
        _likely(0.15, "reorder"),
        _likely(0.15, "late", least=MINUTE, seconds=6 * HOUR),
        _likely(0.10, "forged"),
    ),
)
OUTAGES = Profile(
    "away for half an hour out of every six",
    (_likely(1.00, "down", after=HOUR, every=6 * HOUR, lasting=HOUR / 2),),
)
BAD_GATEWAY = Profile(
    "something before the vendor answers in its place, and not in good faith",
    (
        _likely(0.01, "gzip_bomb"),
        _likely(0.005, "endless"),
        _likely(0.02, "redirect"),
        _likely(0.02, "html"),
        _likely(0.02, "rate_limit", retry_after="99999999999"),
    ),
)
WORST = Profile(
    "all of these at once for six days, then calm",
    tuple(
        fault
        for profile in (
            OUTAGES, BUSY_MONDAY, FLAKY_NETWORK, LOST_ANSWERS, DEGRADED_READS, BAD_GATEWAY,
            UNRELIABLE_WEBHOOKS,
        )
        for fault in profile.faults
    ),
    heals_after=6 * DAY,
)  # fmt: skip

PROFILES: Mapping[str, Profile] = {
    "calm": CALM,
    "busy_monday": BUSY_MONDAY,
    "flaky_network": FLAKY_NETWORK,
    "lost_answers": LOST_ANSWERS,
    "degraded_reads": DEGRADED_READS,
    "unreliable_webhooks": UNRELIABLE_WEBHOOKS,
    "outages": OUTAGES,
    "bad_gateway": BAD_GATEWAY,
    "worst": WORST,
}
"""What only a person can mend is in none of them: `revoked`, `drift`, `wrong_shop`, `refuse`."""


def find_profile(name: str) -> Profile:
    """Return a profile; raises ValueError naming those there are."""
    if name not in PROFILES:
        raise ValueError(f"unknown profile {name!r}; there are {', '.join(PROFILES)}")
    return PROFILES[name]


def set_weather(
    dials: FaultDials, state: TwinState, name: str, seed: int, heals_after: float | None = None
) -> None:
    """Put the faults of a profile in place of the last one's; it begins now, on the twin's clock.

    Faults set by hand stay. `heals_after` in seconds replaces the profile's own.
    """
    profile = find_profile(name)
    end = profile.heals_after if heals_after is None else heals_after
    dials.reseed(seed)
    dials.clear_profile()
    dials.set(*(replace(fault, profile=name, until=end) for fault in profile.faults))
    since = state.clock.now().isoformat()
    kept = {"name": name, "seed": seed, "heals_after": end, "since": since}
    state.keep("weather", kept)


def weather(state: TwinState) -> dict[str, Any]:
    """Return the profile in force, its seed, since when, and after how many seconds it heals."""
    calm = {"name": "calm", "seed": 0, "heals_after": None, "since": None}
    return dict(state.setting("weather", calm))


def start_weather(dials: FaultDials, state: TwinState) -> None:
    """Obey the options `profile` and `seed`; a restart with the same ones changes nothing."""
    name, seed = state.options.get("profile", ""), int(state.options.get("seed", 0))
    if name and [name, seed] != state.setting("weather_asked"):
        set_weather(dials, state, name, seed)
        state.keep("weather_asked", [name, seed])
