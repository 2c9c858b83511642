"""Aims: what the listings of one channel should show now, and the next step for each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from hub.domain.push_policy import Act, Seen, Step, moved_by_itself, next_step
from hub.records.catalogue import StockTarget
from hub.services.stock.hand_edits import CHANNEL_WINS
from hub.store import tables
from hub.store.catalogue import Offer, offers_by_id
from hub.store.connections import Connected
from hub.store.desired import STOCK, Wish, last_sent, open_wishes
from hub.store.offering import quantities

BATCH = 100
"""Listings per job."""


@dataclass(frozen=True)
class Aim:
    """A listing with the wish for it and the quantity it should show now."""

    wish: Wish
    offer: Offer
    quantity: int
    last_observed: int | None
    may_guess: bool
    unsettled: int | None
    """The number of a push whose answer was lost not long ago."""

    @property
    def key(self) -> str:
        """The listing's id at the channel."""
        return self.offer.external_id

    def target(self, quantity: int, expected: int | None = None) -> StockTarget:
        """Name the listing with a quantity to set, and perhaps what it must show until then."""
        return StockTarget(
            external_id=self.offer.external_id, parent_external_id=self.offer.parent_external_id,
            quantity=quantity, expected=expected,
        )  # fmt: skip

    def step(self, shown: int | None, explained: bool) -> Step:
        """Decide what is done next; a listing that shows no number is set without a question."""
        if shown is None:
            return Step(Act.SEND, self.quantity)
        return next_step(self._seen(shown, explained))

    def moved_by_itself(self, shown: int) -> bool:
        """Whether it shows a number that is neither ours nor the wanted one."""
        return moved_by_itself(self._seen(shown, explained=True))

    def _seen(self, shown: int, explained: bool) -> Seen:
        return Seen(
            wanted=self.quantity, shown=shown, confirmed=self._confirmed(shown),
            explained=explained, unsettled=self.unsettled, may_guess=self.may_guess,
        )  # fmt: skip

    def _confirmed(self, shown: int) -> int | None:
        unanswered = self.wish.sent_version > self.wish.confirmed_version
        if unanswered and self.wish.sent_value == str(shown):
            return shown  # it arrived, though nobody said so
        return int(self.wish.confirmed_value) if self.wish.confirmed_value else self.last_observed


def read_aims(database: Connection, shop: Connected, now: datetime, settle: timedelta) -> list[Aim]:
    """Read the oldest wishes of a connection with the numbers as they are at this moment."""
    wishes = {wish.target: wish for wish in open_wishes(database, shop.id, STOCK, BATCH)}
    offers = offers_by_id(database, list(wishes))
    numbers = quantities(database, offers)
    listing = tables.listing
    seen = select(listing.c.id, listing.c.observed_quantity).where(listing.c.id.in_(list(wishes)))
    observed = {row.id: row.observed_quantity for row in database.execute(seen)}
    lost = _unsettled(database, shop, list(wishes.values()), now - settle)
    may_guess = _policy(database, shop) != CHANNEL_WINS
    return [
        Aim(
            wishes[one.listing_id], one, numbers[one.listing_id], observed[one.listing_id],
            may_guess, lost.get(one.listing_id),
        )
        for one in offers
    ]  # fmt: skip


def _unsettled(
    database: Connection, shop: Connected, wishes: list[Wish], since: datetime
) -> dict[str, int]:
    unanswered = {
        wish.target: int(wish.sent_value)
        for wish in wishes
        if wish.sent_version > wish.confirmed_version and wish.sent_value
    }
    sent = last_sent(database, shop.id, list(unanswered)) if unanswered else {}
    return {target: unanswered[target] for target, at in sent.items() if at > since}


def _policy(database: Connection, shop: Connected) -> str:
    row = tables.connection
    policy = select(row.c.stock_policy).where(row.c.id == shop.id)
    return str(database.execute(policy).scalar_one())
