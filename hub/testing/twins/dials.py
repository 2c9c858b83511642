"""The dials as they stand: which faults are set, whose turn it is, and what chance says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from random import Random

from hub.testing.twins import log
from hub.testing.twins.faults import REPLICAS, Fault
from hub.testing.twins.state import TwinState


class FaultDials:
    """The faults now set; they survive a restart, as an outage does.

    Chance is drawn from the twin's seed, the fault and how often it was asked, so that the same
    requests meet the same faults, after a restart too. Each fault done is a line of the log.
    """

    def __init__(self, state: TwinState, only: Mapping[str, str]) -> None:
        """Take what is kept; `only` limits a kind to the paths it makes sense for."""
        self._state = state
        self._only = only
        self._take_over([Fault(**kept) for kept in state.setting("faults", [])])

    @property
    def seed(self) -> int:
        """What chance is drawn from."""
        return int(self._state.setting("fault_seed", 0))

    def reseed(self, seed: int) -> None:
        """Begin another row of chances."""
        self._state.keep("fault_seed", seed)

    def set(self, *faults: Fault) -> None:
        """Add some; the earlier set is met first."""
        now = self._state.clock.now().isoformat()
        numbered = [replace(one, set_at=now, id=self._state.next("fault")) for one in faults]
        self._keep([*self._faults, *numbered])

    def clear(self, kind: str | None = None) -> None:
        """Remove all faults, or all of one kind."""
        self._keep([fault for fault in self._faults if kind not in (None, fault.kind)])

    def clear_profile(self) -> None:
        """Remove the faults of a profile; those set by hand stay."""
        self._keep([fault for fault in self._faults if not fault.profile])

    def current(self) -> list[Fault]:
        """Return what is set."""
        return list(self._faults)

    def take(self, kinds: Iterable[str], method: str, target: str) -> Fault | None:
        """Return the first fault that befalls the request: counted down, logged, length drawn."""
        now = self._state.clock.now()
        for fault in self._faults:
            if (
                fault.kind in kinds
                and self._meant(fault, method, target, now)
                and self._drawn(fault)
            ):
                self._count_down(fault)
                log.append(
                    self._state.connection, "fault", now,
                    method=method, path=target, kind=fault.kind, reference=fault.profile,
                )  # fmt: skip
                return self._measured(fault)
        return None

    def _meant(self, fault: Fault, method: str, target: str, now: datetime) -> bool:
        fits = fault.meets(method, target) and fault.blows(now)
        return fits and bool(re.search(self._only.get(fault.kind, ""), target))

    def _drawn(self, fault: Fault) -> bool:
        return fault.rate >= 1 or self._chance(fault).random() < fault.rate

    def _measured(self, fault: Fault) -> Fault:
        if fault.least is None:
            return fault
        seconds = self._chance(fault).uniform(fault.least, fault.seconds)
        return replace(fault, seconds=round(seconds, 3))

    def _chance(self, fault: Fault) -> Random:
        number = self._state.next(f"chance of fault {fault.id}")
        return Random(f"{self.seed} {fault.id} {number}")

    def _count_down(self, fault: Fault) -> None:
        if fault.times is None:
            return
        left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
        at = self._faults.index(fault)
        self._keep([*self._faults[:at], *left, *self._faults[at + 1 :]])

    def _keep(self, faults: list[Fault]) -> None:
        self._take_over(faults)
        self._state.keep("faults", [asdict(fault) for fault in faults])

    def _take_over(self, faults: list[Fault]) -> None:
        self._faults = faults
        ages = [fault.seconds for fault in faults if fault.kind in REPLICAS]
        self._state.remembers = timedelta(seconds=max(ages, default=0.0))
