"""The dials: what goes wrong, for which requests, how often."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from hub.testing.twins.state import TwinState

# Applied instead of the vendor's work, so nothing happened there.
BEFORE = ("refuse", "rate_limit", "error_before", "reset", "html", "down")
# Applied to the vendor's answer, so the work was done and committed.
AFTER = ("error_after", "timeout_after", "truncated", "malformed", "slow")
# The vendor's own rules refuse the credentials.
INSIDE = ("revoked",)
WEBHOOK = ("duplicate", "reorder", "drop", "late")
KINDS = BEFORE + AFTER + INSIDE + WEBHOOK

UNTIL_CLEARED_BY_DEFAULT = ("down", "revoked")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One dial.

    method, path  regular expressions; the path includes the query; for webhooks it is the topic
    times         how many requests it meets; None means until cleared
    status, body  the answer of `refuse`, `error_before`, `error_after`, `down`
    retry_after   seconds announced with `rate_limit`; None sends no header
    seconds       length of `slow` and `timeout_after`, delay of `late`
    """

    kind: str
    method: str = ".*"
    path: str = ".*"
    times: int | None = 1
    status: int | None = None
    body: str | None = None
    retry_after: float | None = None
    seconds: float = 0.0

    def meets(self, method: str, target: str) -> bool:
        """Tell whether this request is one of those meant."""
        return bool(re.fullmatch(self.method, method) and re.search(self.path, target))


def parse_fault(given: dict[str, object]) -> Fault:
    """Return the fault described; raises ValueError or TypeError naming what is wrong."""
    kind = given.get("kind")
    if kind not in KINDS:
        raise ValueError(f"unknown fault {kind!r}; there are {', '.join(KINDS)}")
    if "times" not in given and kind in UNTIL_CLEARED_BY_DEFAULT:
        given = given | {"times": None}
    fault = Fault(**given)  # type: ignore[arg-type]
    re.compile(fault.method), re.compile(fault.path)
    return fault


class FaultDials:
    """The faults now set; they survive a restart, as an outage does."""

    def __init__(self, state: TwinState) -> None:
        self._state = state
        self._faults = [Fault(**kept) for kept in state.setting("faults", [])]

    def set(self, fault: Fault) -> None:
        """Add one; the earlier set is met first."""
        self._keep([*self._faults, fault])

    def clear(self, kind: str | None = None) -> None:
        """Remove all faults, or all of one kind."""
        self._keep([fault for fault in self._faults if kind not in (None, fault.kind)])

    def current(self) -> list[Fault]:
        """Return what is set."""
        return list(self._faults)

    def peek(self, kinds: tuple[str, ...], method: str, target: str) -> Fault | None:
        """Return the first fault that meets the request, without using it up."""
        meeting = (f for f in self._faults if f.kind in kinds and f.meets(method, target))
        return next(meeting, None)

    def take(self, kinds: tuple[str, ...], method: str, target: str) -> Fault | None:
        """Return the first fault that meets the request, counting it down."""
        fault = self.peek(kinds, method, target)
        if fault is None or fault.times is None:
            return fault
        left = fault.times - 1
        spent = [] if left <= 0 else [Fault(**asdict(fault) | {"times": left})]
        at = self._faults.index(fault)
        self._keep([*self._faults[:at], *spent, *self._faults[at + 1 :]])
        return fault

    def _keep(self, faults: list[Fault]) -> None:
        self._faults = faults
        self._state.keep("faults", [asdict(fault) for fault in faults])
