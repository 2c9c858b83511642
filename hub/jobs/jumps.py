"""A host's clock that was set: said once, mended, and no work is claimed until it is steady."""

import logging
from datetime import timedelta

from hub.store.host_clock import HostClock
from hub.store.jobs import mend_after_jump
from hub.store.unit_of_work import Store

log = logging.getLogger(__name__)


def heed(store: Store) -> bool:
    """Mend what a jump of the clock has done; False while nothing is to be claimed."""
    clock = store.clock
    if not isinstance(clock, HostClock):
        return True
    jump = clock.jumped()
    if jump:
        with store.unit_of_work() as unit:
            mend_after_jump(unit, jump)
        clock.settle(jump)
        log.warning(
            "the clock of this host went %s by %s; leases and due times were mended",
            "back" if jump < timedelta(0) else "forward", abs(jump),
        )  # fmt: skip
    return clock.steady()


def may_claim(store: Store) -> bool:
    """Whether times can be trusted: not right after the clock went back."""
    return not isinstance(store.clock, HostClock) or store.clock.steady()
