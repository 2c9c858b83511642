"""Numbers typed at the shop: who wins is decided per connection, and the decision is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.stock.opening import default_location
from hub.store import ledger, tables
from hub.store.catalogue import Offer
from hub.store.connections import Connected
from hub.store.decisions import keep_decision
from hub.store.desired import Wish, times_sent
from hub.store.kits import kit_needs
from hub.store.unit_of_work import Unit

POLICIES = HUB_WINS, CHANNEL_WINS = "hub_wins", "channel_wins"
DRIFT = "stock_drift"


@dataclass(frozen=True)
class HandEdit:
    """A listing that shows what neither the hub nor an order has made of it."""

    wish: Wish
    offer: Offer
    seen: int
    wanted: int
    settled: bool
    """Whether the shop showed this number before its orders were asked for, too."""


@dataclass(frozen=True)
class Verdict:
    """What was decided about one listing."""

    listing_id: str
    stock_item: str | None = None
    """The item whose stock now follows the shop."""
    waits: bool = False
    """The number is still moving: neither overwritten nor believed yet."""


def settle_hand_edits(unit: Unit, shop: Connected, edits: Sequence[HandEdit]) -> list[Verdict]:
    """Decide by the connection's policy; every edit leaves a decision with its numbers."""
    row = tables.connection
    policy = unit.execute(select(row.c.stock_policy).where(row.c.id == shop.id)).scalar_one()
    kits = kit_needs(unit.connection)  # nobody can type how many of their components there are
    return [
        (_follow if policy == CHANNEL_WINS and edit.offer.stock_item_id not in kits
         else _overwrite)(unit, shop, edit)
        for edit in edits
        if not _is_ours(unit, shop, edit)
    ]  # fmt: skip


def _is_ours(unit: Unit, shop: Connected, edit: HandEdit) -> bool:
    """Whether the number is one the hub sent and has had no answer to."""
    sent = tables.published
    query = select(sent.c.id).where(
        sent.c.connection_id == shop.id, sent.c.target == edit.wish.target,
        sent.c.value == str(edit.seen), sent.c.version >= edit.wish.confirmed_version,
    )  # fmt: skip
    return unit.execute(query).first() is not None


def _overwrite(unit: Unit, shop: Connected, edit: HandEdit) -> Verdict:
    if times_sent(unit.connection, shop.id, edit.wish) == 0:  # once for each wish, however often
        _keep(unit, shop, edit, "overwritten")
    return Verdict(edit.offer.listing_id)


def _follow(unit: Unit, shop: Connected, edit: HandEdit) -> Verdict:
    """Let stock follow the shop, once its number has stood still while its orders were read.

    A sale that the orders do not show yet would otherwise be booked twice.
    """
    if not edit.settled:
        return Verdict(edit.offer.listing_id, waits=True)
    command = f"edit:{edit.offer.listing_id}:{edit.wish.version}"
    place, item = default_location(unit), edit.offer.stock_item_id
    try:
        with unit.connection.begin_nested():
            reason = f"set to {edit.seen} at {shop.code}"
            ledger.adjust(unit, item, place, edit.seen - edit.wanted, command, reason)
    except ledger.StockConflictError:
        _keep(unit, shop, edit, "refused: parcels hold these units")
        return Verdict(edit.offer.listing_id)
    _keep(unit, shop, edit, "followed")
    return Verdict(edit.offer.listing_id, stock_item=item)


def _keep(unit: Unit, shop: Connected, edit: HandEdit, outcome: str) -> None:
    document = {
        "connection": shop.code, "listing": edit.offer.external_id, "seen": edit.seen,
        "wanted": edit.wanted, "confirmed": edit.wish.confirmed_value,
    }  # fmt: skip
    keep_decision(unit, edit.offer.listing_id, DRIFT, outcome, document)


def set_stock_policy(hub: Hub, code: str, policy: str) -> bool:
    """Say who wins when a number was typed at the shop; False when it was said before.

    Raises `HubError` for another word.
    """
    if policy not in POLICIES:
        raise HubError(f"{policy} is no policy; there are {' and '.join(POLICIES)}")
    connection = hub.connection(code)
    rows = tables.connection
    with hub.store.unit_of_work() as unit:
        other = (rows.c.id == connection.id, rows.c.stock_policy != policy)
        return bool(unit.changed(update(rows).where(*other).values(stock_policy=policy)))
