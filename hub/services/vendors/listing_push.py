"""Price and texts of listings as the hub wants them: desired state, confirmed by the answer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from hub.records.catalogue import ListingTarget
from hub.sdk.capabilities import ListingAnswer, PushListing
from hub.sdk.errors import HubError
from hub.services.context import Hub
from hub.services.work import draft, owe
from hub.store import tables
from hub.store.connections import Connected
from hub.store.desired import LISTING, Wish, confirm, mark_sent, open_wishes, refuse, want
from hub.store.jobs import JobResult, RunningJob, insert_jobs

BATCH = 50
_listing = tables.listing


class NoListingError(HubError):
    """This channel does not sell this SKU, or cannot be told what to show."""


def want_listing(hub: Hub, sku: str, code: str, **wanted: str) -> list[str]:
    """Want a channel to show `price`, `sale_price`, `title` or `description` for a SKU.

    Amounts are exact decimal text; an empty sale price ends the sale. Gives the listings' external
    ids. Raises `NoListingError`, or pydantic's `ValidationError` for what is no such text.
    """
    shop = _shop(hub, code)
    with hub.store.unit_of_work() as unit:
        rows = _listings_of(unit.connection, shop, sku)
        for row in rows:
            document = {**row.wanted, **wanted}
            _target(row.external_id, row.parent_external_id, document)  # refuses what is no price
            unit.execute(update(_listing).where(_listing.c.id == row.id).values(wanted=document))
        want(unit, shop.id, LISTING, [row.id for row in rows])
        owe(unit, "publish_listings", shop.id, shop.id)
    return [row.external_id for row in rows]


def listings_of(hub: Hub, sku: str, code: str) -> list[str]:
    """Give the external ids of a channel's listings of a SKU; raises `NoListingError`."""
    shop = _shop(hub, code)
    with hub.store.reading() as database:
        return [row.external_id for row in _listings_of(database, shop, sku)]


def _shop(hub: Hub, code: str) -> Connected:
    shop = hub.connection(code)
    if PushListing not in hub.registry.connector(shop.connector).provides:
        raise NoListingError(f"{code} cannot be told what its listings show")
    return shop


def _listings_of(database: Connection, shop: Connected, sku: str) -> Sequence[Any]:
    variant = tables.variant
    rows = database.execute(
        select(_listing)
        .join(variant, variant.c.id == _listing.c.variant_id)
        .where(_listing.c.connection_id == shop.id, variant.c.sku == sku,
               _listing.c.state != "ended")
    ).all()  # fmt: skip
    if not rows:
        raise NoListingError(f"{shop.code} has no listing of {sku}")
    return rows


def _target(external_id: str, parent: str | None, wanted: Mapping[str, str]) -> ListingTarget:
    return ListingTarget(external_id=external_id, parent_external_id=parent, **wanted)


@dataclass(frozen=True)
class _Aim:
    wish: Wish
    target: ListingTarget

    @property
    def value(self) -> str:
        """Name what is wanted, without its texts."""
        document = msgspec.json.encode(self.target.to_document(), order="sorted")
        return hashlib.sha256(document).hexdigest()[:32]


def publish_listings(hub: Hub, job: RunningJob) -> JobResult:
    """Bring listings to what is wanted of them; what was sent without an answer is read first."""
    shop = hub.connection(job.subject)
    writer = hub.open(shop).offering(PushListing)
    if writer is None or not shop.writes:
        return JobResult("no_change")  # what is wanted stays wanted until writes are on
    with hub.store.reading() as database:
        aims = _aims(database, shop.id)
    unclear = [aim for aim in aims if aim.wish.sent_version == aim.wish.version]
    shown = _read(writer, unclear)
    right = [aim for aim in unclear if shows(shown.get(aim.target.external_id), aim.target)]
    to_send = [aim for aim in aims if aim not in right]
    with hub.store.unit_of_work() as unit:
        job.begin_call(unit)
        mark_sent(unit, shop.id, LISTING, [(aim.wish, aim.value) for aim in to_send])
    answers = {
        answer.external_id: answer
        for answer in (writer.push_listings([aim.target for aim in to_send]) if to_send else ())
    }
    silent = [aim for aim in to_send if _is_silent(answers.get(aim.target.external_id))]
    shown |= _read(writer, silent)
    return _settle(hub, job, shop, aims, shown, answers)


def _aims(database: Connection, connection_id: str) -> list[_Aim]:
    wishes = {wish.target: wish for wish in open_wishes(database, connection_id, LISTING, BATCH)}
    rows = database.execute(
        select(_listing.c.id, _listing.c.external_id, _listing.c.parent_external_id,
               _listing.c.wanted)
        .where(_listing.c.id.in_(list(wishes)))
        .order_by(_listing.c.id)
    )  # fmt: skip
    return [
        _Aim(wishes[row.id], _target(row.external_id, row.parent_external_id, row.wanted))
        for row in rows
    ]


def _read(writer: PushListing, aims: Sequence[_Aim]) -> dict[str, ListingTarget]:
    if not aims:
        return {}
    return {one.external_id: one for one in writer.read_listings([aim.target for aim in aims])}


def _is_silent(answer: ListingAnswer | None) -> bool:
    return answer is None or (answer.stored is None and answer.problem is None)


def shows(shown: ListingTarget | None, wanted: ListingTarget) -> bool:
    """Whether a listing shows all that is wanted of it; 12.9 shows 12.90."""
    if shown is None:
        return False
    prices = ((shown.price, wanted.price), (shown.sale_price, wanted.sale_price))
    texts = ((shown.title, wanted.title), (shown.description, wanted.description))
    return all(aim is None or _amount(here) == _amount(aim) for here, aim in prices) and all(
        aim is None or here == aim for here, aim in texts
    )


def _amount(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _settle(
    hub: Hub, job: RunningJob, shop: Connected, aims: Sequence[_Aim],
    shown: Mapping[str, ListingTarget], answers: Mapping[str, ListingAnswer],
) -> JobResult:  # fmt: skip
    done = refused = 0
    with hub.store.unit_of_work() as unit:
        for aim in aims:
            id, answer = aim.target.external_id, answers.get(aim.target.external_id)
            stored = (answer.stored if answer else None) or shown.get(id)
            if shows(stored, aim.target):
                done += confirm(unit, shop.id, LISTING, aim.wish, aim.value)
                continue
            problem = (answer.problem if answer else None) or (
                "the shop stored something else" if stored else "the shop has no such listing"
            )
            refuse(unit, shop.id, LISTING, aim.wish, problem)
            refused += 1
        counters = {"seen": len(aims), "updated": done, "failed": refused}
        if aims and open_wishes(unit.connection, shop.id, LISTING, 1):
            insert_jobs(unit, [draft("publish_listings", shop.id, shop.id, run_at=unit.now)])
        outcome = "partial" if refused else "ok" if done else "no_change"
        job.finish(unit, outcome, counters)
    return JobResult(outcome, counters)
