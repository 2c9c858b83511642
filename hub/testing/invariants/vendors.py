"""Invariants whose witness is the vendor: its own documents and log against what the hub says."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hub.records.connection import Family
from hub.records.money import to_minor
from hub.records.order import HoldReason
from hub.sdk.capabilities import PushShipment
from hub.services.effects.effect_kinds import ANNOUNCEMENT, CANCELLATION, LABEL, REFUND
from hub.store import tables
from hub.store.catalogue import offers_on
from hub.store.desired import LISTING, STOCK, TRACKING
from hub.store.offering import quantities
from hub.testing.invariants.facts import Facts, Invariant
from hub.testing.twins import Performed, ShownOrder


def _orders_are_here_once(facts: Facts) -> Iterator[str]:
    shops = facts.by_id(tables.connection)
    for shop_id, shop in facts.testimonies.items():
        if shops[shop_id].state != "active":
            continue  # it is not looked at, and the operator knows
        rows = facts.rows(tables.sales_order, connection_id=shop_id)
        known = {row.external_id: row for row in rows}
        if len(known) != len(rows):
            yield "an order is here twice"
        aside = {
            row.external_id
            for row in facts.rows(tables.quarantine, connection_id=shop_id, state="open")
        }
        for external_id, shown in shop.orders.items():
            if external_id in aside:
                continue  # it is here, shown to a person with the reason
            if external_id not in known:
                yield f"order {external_id} of the shop is not here"
            else:
                yield from _differences(facts, known[external_id], shown)


def _differences(facts: Facts, row: Any, shown: ShownOrder) -> Iterator[str]:
    told = {line["external_id"]: line["quantity"] for line in row.document["lines"]}
    if told != shown.lines:
        yield f"{row.number} has the lines {told}, at the shop {dict(shown.lines)}"
    total = to_minor(str(shown.total), shown.currency)
    if (row.total_minor, row.currency) != (total, shown.currency):
        yield f"{row.number} costs {row.total_minor} {row.currency}, at the shop {total}"
    ours = facts.rows(tables.desired, field=TRACKING, target=row.id) or _changed_by_us(facts, row)
    if row.channel_status != shown.status and not ours:  # our own writes are read at the next poll
        yield f"{row.number} is {row.channel_status}, at the shop {shown.status}"
    held = {hold.reason for hold in facts.rows(tables.hold, order_id=row.id, released_at=None)}
    over = row.history or row.channel_state in ("cancelled", "finished")
    if over or HoldReason.CHANNEL_REQUEST.value in held:
        return  # what was given up counts as cancelled; what was routed already waits for a person
    lines = facts.rows(tables.order_line, order_id=row.id)
    wanted = {
        line.external_id: line.quantity - line.cancelled + min(line.refunded, line.cancelled)
        for line in lines
        if line.parent_line_id is None  # the channel knows the kit, not what is in it
    }
    if {id: count for id, count in wanted.items() if count} != dict(shown.lines):
        yield f"{row.number} will ship {wanted}, the shop expects {dict(shown.lines)}"


def _changed_by_us(facts: Facts, order: Any) -> bool:
    subjects = {row.id for row in facts.rows(tables.refund, order_id=order.id)} | {order.id}
    return any(
        effect.subject_id in subjects and effect.kind in (CANCELLATION, REFUND)
        for effect in facts.rows(tables.effect, state="succeeded")
    )


def _one_effect_per_key(facts: Facts) -> Iterator[str]:
    for testimony in facts.testimonies.values():
        times = Counter(done.key for done in testimony.performed)
        yield from (f"{key} was done {count} times" for key, count in times.items() if count > 1)


def _every_effect_is_ours(facts: Facts) -> Iterator[str]:
    owed = {(row.connection_id, row.key): row for row in facts.rows(tables.effect)}
    for connection_id, testimony in facts.testimonies.items():
        for done in testimony.performed:
            row = owed.get((connection_id, done.key))
            if row is None:
                yield f"{done.key} was done and nobody here owed it"
            elif row.state == "refused" and not done.undone:
                yield f"{done.key} was done and is called refused here"
    for row in owed.values():
        vendor = facts.testimonies.get(row.connection_id)
        known = {done.key for done in vendor.performed} if vendor else {row.key}
        if row.state == "succeeded" and row.key not in known and not _was_over(facts, row):
            yield f"{row.key} is called done here, the vendor knows nothing of it"


def _was_over(facts: Facts, effect: Any) -> bool:
    """Whether it is the cancellation of an order that was cancelled already: no key is left."""
    if effect.kind != CANCELLATION:
        return False
    order = facts.by_id(tables.sales_order)[effect.subject_id]
    shown = facts.testimonies[effect.connection_id].orders.get(order.external_id)
    return shown is None or shown.over


def _live(facts: Facts, kind: str) -> dict[str, list[Performed]]:
    """Give the effects of a kind that stand, by the id of the parcel in their key."""
    live: defaultdict[str, list[Performed]] = defaultdict(list)
    for testimony in facts.testimonies.values():
        for done in testimony.performed:
            if done.kind == kind and not done.undone:
                live[done.key.split(":")[1]].append(done)
    return live


def _one_label_a_parcel(facts: Facts) -> Iterator[str]:
    live = _live(facts, LABEL)
    for parcel in facts.rows(tables.shipment):
        count = len(live[parcel.id])
        if count > 1:
            yield f"parcel {parcel.id} has {count} live labels"
        watched = parcel.connection_id in facts.testimonies
        if watched and count == 0 and parcel.handed_over_at is not None:
            yield f"parcel {parcel.id} left without a label"
        if watched and count == 0 and parcel.state == "label_purchased":
            yield f"parcel {parcel.id} has a label that its carrier does not know"


def _one_announcement_a_parcel(facts: Facts) -> Iterator[str]:
    live = _live(facts, ANNOUNCEMENT)
    orders = facts.by_id(tables.sales_order)
    shops = facts.by_id(tables.connection)
    unsure = {
        row.subject_id
        for row in facts.rows(tables.effect, kind=ANNOUNCEMENT)
        if row.state in ("needs_operator", "refused")
    }
    for parcel in facts.rows(tables.shipment):
        shop = shops[orders[parcel.order_id].connection_id]
        told = PushShipment in facts.scene.hub.registry.connector(shop.connector).provides
        if shop.id not in facts.testimonies or not told:
            continue
        left = parcel.handed_over_at is not None
        expected = (0, 1) if left and parcel.id in unsure else (int(left),)
        if len(live[parcel.id]) not in expected:
            yield f"parcel {parcel.id} was announced {len(live[parcel.id])} times"


def _channels_show_what_is_there(facts: Facts) -> Iterator[str]:
    refused = {
        row.target for row in facts.rows(tables.desired, field=STOCK) if row.problem
    }  # the operator sees these with the shop's reason
    for shop in facts.rows(tables.connection, family=Family.STOREFRONT.value, writes=True):
        if shop.id not in facts.testimonies or not shop.books_opened_at or shop.state != "active":
            continue
        shown = facts.testimonies[shop.id].stock
        with facts.scene.hub.store.reading() as database:
            wanted = quantities(database, offers_on(database, shop.id))
        for listing in facts.rows(tables.listing, connection_id=shop.id, tracking="counted"):
            if listing.id in refused or listing.id not in wanted:
                continue
            here = wanted[listing.id]
            if shown.get(listing.external_id) != here:
                there = shown.get(listing.external_id)
                yield f"{shop.code} shows {there} of {listing.sku}, there are {here}"


def _listings_show_what_is_wanted(facts: Facts) -> Iterator[str]:
    listings = facts.by_id(tables.listing)
    for wish in facts.rows(tables.desired, field=LISTING):
        if wish.connection_id not in facts.testimonies or wish.target not in listings:
            continue
        listing = listings[wish.target]
        wanted = listing.wanted.get("price")
        shown = facts.testimonies[wish.connection_id].prices.get(listing.external_id)
        confirmed = wish.confirmed_version >= wish.desired_version and listing.state != "ended"
        if confirmed and wanted is not None and shown != Decimal(wanted):
            yield f"{listing.sku} is to cost {wanted}, its shop shows {shown}"


VENDORS = (
    Invariant(
        "orders-once",
        "Every order of a shop is here exactly once, with the same lines, total and status.",
        _orders_are_here_once,
    ),
    Invariant(
        "effects-once",
        "Nothing was bought, written or announced twice under one key.",
        _one_effect_per_key,
    ),
    Invariant(
        "effects-agree",
        "What the hub calls done was done, what it calls refused was not, and nothing else was.",
        _every_effect_is_ours,
    ),
    Invariant(
        "one-label-a-parcel",
        "No parcel has two live labels at its carrier, and none left without one.",
        _one_label_a_parcel,
    ),
    Invariant(
        "one-announcement-a-parcel",
        "The customer was told of each parcel that left, once, and of no other.",
        _one_announcement_a_parcel,
    ),
    Invariant(
        "channels-show-the-truth",
        "Every channel the hub may write to shows what is available.",
        _channels_show_what_is_there,
    ),
    Invariant(
        "listings-show-what-is-wanted",
        "What a channel has confirmed of a listing is what its customers see.",
        _listings_show_what_is_wanted,
    ),
)
