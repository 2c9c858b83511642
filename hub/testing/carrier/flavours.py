"""The four kinds of carrier there are, by what helps when an answer was lost."""

from dataclasses import dataclass
from datetime import timedelta

from hub.sdk import EffectTraits

KEY_RETENTION = timedelta(hours=24)
LATEST_APPLICATION = timedelta(minutes=10)
LONGEST_LISTING_LAG = timedelta(minutes=2)
SETTLE = (LATEST_APPLICATION + LONGEST_LISTING_LAG) * 1.2


@dataclass(frozen=True)
class Flavour:
    """Whether a carrier honours idempotency keys, and whether labels are found by reference."""

    name: str
    keys: bool
    lookup: bool

    @property
    def traits(self) -> EffectTraits:
        """Give what the hub may rely on when it buys a label."""
        retention = KEY_RETENTION if self.keys else None
        return EffectTraits(key_retention=retention, lookup=self.lookup, settle=SETTLE)


FLAVOURS = (
    Flavour("key_and_lookup", keys=True, lookup=True),
    Flavour("key_only", keys=True, lookup=False),
    Flavour("lookup_only", keys=False, lookup=True),
    Flavour("neither", keys=False, lookup=False),
)
