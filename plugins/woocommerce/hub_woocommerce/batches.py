"""Reads and changes products many at a time, at the addresses that reach them; answers for each.

WooCommerce reaches a variation only below its own product, takes at most a hundred changes a
request, and answers a batch with 200 whatever became of its items.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from hub.sdk import RejectedError
from hub_woocommerce import wire
from hub_woocommerce.client import Query, Shop

NO_ANSWER = "the shop did not say what became of this product"
NO_ID = "this is no product id of WooCommerce"


class Target(Protocol):
    """A listing to be read or changed."""

    @property
    def external_id(self) -> str:
        """The product's or variation's id."""

    @property
    def parent_external_id(self) -> str | None:
        """A variation's product."""


@dataclass(frozen=True)
class Outcome:
    """What became of one change: the product as it is now, or why it is not so."""

    raw: bytes | None = None
    problem: str | None = None


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Item(msgspec.Struct):
    id: int
    error: _Error | None = None


class _Batch(msgspec.Struct):
    update: list[msgspec.Raw] = []


_item = wire.decoder(_Item)
_batch = wire.decoder(_Batch)
_Changes = Sequence[tuple[Target, Mapping[str, Any]]]


def read_each(
    shop: Shop, targets: Sequence[Target], fields: str, also: Query | None = None
) -> Iterator[tuple[bytes, str | None]]:
    """Yield these products with these fields, each with its parent; what is gone is left out."""
    for path, parent, some in _portions(shop, targets):
        ids = ",".join(sorted({one.external_id for one in some}, key=int))
        try:
            items = list(shop.all(path, {"include": ids, "_fields": fields, **(also or {})}))
        except RejectedError as error:
            if error.code != "not_found":
                raise
            continue  # the whole product is gone
        yield from ((raw, parent) for raw in items)


def change_each(shop: Shop, changes: _Changes, fields: str) -> tuple[Outcome, ...]:
    """Make all these changes and say what became of each, in their order.

    One alone is a request of its own, which answers with no more than these fields.
    """
    wanted = {target.external_id: body for target, body in changes}
    found: dict[str, Outcome] = {}
    for path, _, some in _portions(shop, [target for target, _ in changes]):
        bodies = {one.external_id: wanted[one.external_id] for one in some}
        found |= _one(shop, path, bodies, fields) if len(bodies) == 1 else _many(shop, path, bodies)
    return tuple(_found(found, target) for target, _ in changes)


def _found(found: Mapping[str, Outcome], target: Target) -> Outcome:
    missing = NO_ANSWER if _has_id(target) else NO_ID
    return found.get(target.external_id, Outcome(problem=missing))


def _one(
    shop: Shop, path: str, bodies: Mapping[str, Mapping[str, Any]], fields: str
) -> dict[str, Outcome]:
    ((external_id, body),) = bodies.items()
    try:
        answer = shop.set(f"{path}/{external_id}", body, {"_fields": fields})
    except RejectedError as error:
        return {external_id: Outcome(problem=error.reason)}
    return {external_id: Outcome(answer.body)}


def _many(shop: Shop, path: str, bodies: Mapping[str, Mapping[str, Any]]) -> dict[str, Outcome]:
    updates = [{"id": int(external_id), **body} for external_id, body in bodies.items()]
    try:
        reply, _ = wire.decode(_batch, shop.set_many(path, updates).body)
    except RejectedError as error:
        return dict.fromkeys(bodies, Outcome(problem=error.reason))
    return dict(_answer(bytes(raw)) for raw in reply.update)


def _answer(raw: bytes) -> tuple[str, Outcome]:
    item, _ = wire.decode(_item, raw)
    if item.error is None:
        return str(item.id), Outcome(raw)
    return str(item.id), Outcome(problem=f"{item.error.message} ({item.error.code})")


def _portions(
    shop: Shop, targets: Sequence[Target]
) -> Iterator[tuple[str, str | None, list[Target]]]:
    """Group by what one request can reach: variations only through their own product."""
    groups: dict[str | None, list[Target]] = {}
    for target in filter(_has_id, targets):
        groups.setdefault(target.parent_external_id, []).append(target)
    for parent, group in groups.items():
        path = f"products/{parent}/variations" if parent else "products"
        size = shop.pace.size
        for start in range(0, len(group), size):
            yield path, parent, group[start : start + size]


def _has_id(target: Target) -> bool:
    return target.external_id.isascii() and target.external_id.isdecimal()
