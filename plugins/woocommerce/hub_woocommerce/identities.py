"""Lists the ids a shop holds, so that what is gone is found by comparing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from hub_woocommerce import wire
from hub_woocommerce.client import Query, Shop

_SECOND = timedelta(seconds=1)


class _Family(msgspec.Struct):
    id: int
    variations: list[int] = []


_family = wire.decoder(_Family)


def list_ids(
    shop: Shop, kind: Literal["order", "listing"], since: datetime | None
) -> Iterator[tuple[str, ...]]:
    """Yield pages of ids, a hundred records a call.

    Orders and products in the bin are not listed. A product names its variations, so listings need
    no call for each; a variation does not say when it was made, so they come whole.
    """
    if kind == "order":
        sheets = shop.sheets("orders", {"status": "any", "_fields": "id", **_made_since(since)})
    else:
        sheets = shop.sheets("products", {"status": "any", "_fields": "id,variations"})
    for items in sheets:
        families = [wire.decode(_family, raw)[0] for raw in items]
        yield tuple(str(id) for one in families for id in (one.id, *one.variations))


def _made_since(since: datetime | None) -> Query:
    if since is None:
        return {}
    # Whole seconds and exclusive; with a zone it would be moved to the shop's time first.
    after = since.astimezone(UTC).replace(microsecond=0, tzinfo=None) - _SECOND
    return {"after": after.isoformat(), "dates_are_gmt": "true"}
