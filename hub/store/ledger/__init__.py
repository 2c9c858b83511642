"""The two ledgers of stock, moved only by guarded updates: zero rows changed means "not enough".

*Physical*: every unit moves from one account to another, so all sums to zero; `stock_level`,
`stock_bucket` and `stock_promise.sellable` are its projections. *Promise*: reservation (no place
yet) → allocation (at a location). A promise is always taken before a place.
"""

from hub.store.ledger.accounts import (
    ADJUSTMENT,
    ASSEMBLY,
    CUSTOMER,
    PLACE,
    SCRAP,
    SUPPLIER,
    Place,
    StockConflictError,
    account,
    place_of,
    transit,
)
from hub.store.ledger.physical import adjust, balance, move, moved_before, reverse
from hub.store.ledger.places import Placement, allocate, issue_elsewhere, ship, unallocate
from hub.store.ledger.projections import lock_promises
from hub.store.ledger.promises import consume_reservation, new_stock_item, release, reserve

__all__ = [
    "ADJUSTMENT", "ASSEMBLY", "CUSTOMER", "PLACE", "SCRAP", "SUPPLIER", "Place", "Placement",
    "StockConflictError", "account", "adjust", "allocate", "balance", "consume_reservation",
    "issue_elsewhere", "lock_promises", "move", "moved_before", "new_stock_item", "place_of",
    "release", "reserve", "reverse", "ship", "transit", "unallocate",
]  # fmt: skip
