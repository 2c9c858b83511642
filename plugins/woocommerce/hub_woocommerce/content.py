"""Reads and sets what customers see of a product: price, sale price, name, description."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from hub.sdk import ListingAnswer, ListingTarget
from hub_woocommerce import wire
from hub_woocommerce.batches import Outcome, change_each, read_each
from hub_woocommerce.client import Shop
from hub_woocommerce.text import plain

SALE_NOT_LOWER = "a sale price that is not below the regular price: the shop would drop the sale"
SALE_DROPPED = "the shop dropped the sale price, as it does when it is not below the regular price"
NO_TITLE = "a variation has no title of its own"

_NAMES = {
    "price": "regular_price",
    "sale_price": "sale_price",
    "title": "name",
    "description": "description",
}
"""What the hub calls a field, and what WooCommerce does."""

_FIELDS = "id," + ",".join(_NAMES.values())
_MOST_DIGITS, _MOST_DECIMALS = 15, 8


class _Content(msgspec.Struct):
    id: int
    regular_price: str | None = None
    sale_price: str | None = None
    name: str | None = None
    description: str | None = None


_content = wire.decoder(_Content)


def read_listings(shop: Shop, ids: Sequence[ListingTarget]) -> tuple[ListingTarget, ...]:
    """Read what these listings show; those that are gone are left out."""
    # As an editor sees it; a visitor is shown the description with its paragraphs marked up.
    found = read_each(shop, ids, _FIELDS, {"context": "edit"})
    return tuple(_shown(wire.decode(_content, raw)[0], parent) for raw, parent in found)


def push_listings(shop: Shop, targets: Sequence[ListingTarget]) -> tuple[ListingAnswer, ...]:
    """Set what each target names and answer for each, in their order.

    What the shop is known to misread is answered without asking it.
    """
    refused = {one.external_id: why for one in targets if (why := _refused(one))}
    sent = [one for one in targets if one.external_id not in refused]
    outcomes = change_each(shop, [(one, _body(one)) for one in sent], _FIELDS)
    answers = {
        one.external_id: _answer(one, outcome) for one, outcome in zip(sent, outcomes, strict=True)
    }
    return tuple(
        answers.get(one.external_id)
        or ListingAnswer(one.external_id, problem=refused[one.external_id])
        for one in targets
    )


def _refused(target: ListingTarget) -> str | None:
    if target.title is not None and target.parent_external_id:
        return NO_TITLE
    if target.price and target.sale_price and Decimal(target.sale_price) >= Decimal(target.price):
        return SALE_NOT_LOWER
    return None


def _body(target: ListingTarget) -> dict[str, str]:
    wanted = {theirs: getattr(target, ours) for ours, theirs in _NAMES.items()}
    return {name: value for name, value in wanted.items() if value is not None}


def _answer(target: ListingTarget, outcome: Outcome) -> ListingAnswer:
    if outcome.raw is None:
        return ListingAnswer(target.external_id, problem=outcome.problem)
    item, _ = wire.decode(_content, outcome.raw)
    problem = "; ".join(_differences(target, item)) or None
    return ListingAnswer(target.external_id, _shown(item, target.parent_external_id), problem)


def _differences(target: ListingTarget, item: _Content) -> Iterator[str]:
    """Name each field that the shop answered 200 to, and stored otherwise."""
    if target.price is not None and not _same_amount(target.price, item.regular_price):
        yield f"the shop's price is {item.regular_price or 'none'}"
    if target.sale_price is not None and not _same_amount(target.sale_price, item.sale_price):
        yield f"the shop's sale price is {item.sale_price}" if item.sale_price else SALE_DROPPED
    if target.title is not None and plain(item.name) != plain(target.title):
        yield f"the shop's name is {plain(item.name)!r}"
    if target.description is not None and _text(item.description) != _text(target.description):
        yield "the shop cleaned the description: it holds other text"


def _text(text: str | None) -> str:
    """Compare descriptions as people read them: the shop escapes, trims, ends lines its own way."""
    return plain((text or "").replace("\r\n", "\n")).strip()


def _same_amount(wanted: str, stored: str | None) -> bool:
    if not wanted or not stored:
        return wanted == (stored or "")
    amount = _amount(stored)
    return amount is not None and Decimal(wanted) == Decimal(amount)


def _shown(item: _Content, parent: str | None) -> ListingTarget:
    return ListingTarget(
        external_id=str(item.id),
        parent_external_id=parent,
        price=_amount(item.regular_price),
        sale_price="" if item.sale_price == "" else _amount(item.sale_price),
        title=None if parent else plain(item.name),
        description=item.description,
    )


def _amount(text: str | None) -> str | None:
    """Give an amount in plain digits; None for what is none, which plugins can bring about."""
    try:
        amount = Decimal(text or "")
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount < 0 or amount.adjusted() >= _MOST_DIGITS:
        return None
    shown = format(amount, "f")
    return shown if len(shown.partition(".")[2]) <= _MOST_DECIMALS else None
