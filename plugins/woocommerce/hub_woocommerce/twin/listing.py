"""Lists: filter, order, page, and the headers that tell how much there is."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from hub_woocommerce.twin.shop import ISO, Shop
from hub_woocommerce.twin.wire import Answer, Call


class Row(msgspec.Struct):
    """The few fields lists are filtered and ordered by; decoding only these keeps pages quick."""

    id: int
    status: str = ""
    name: str = ""
    slug: str = ""
    sku: str | None = ""
    type: str = ""
    stock_status: str = ""
    parent_id: int = 0
    customer_id: int = 0
    date_created: str | None = ""
    date_created_gmt: str | None = ""
    date_modified: str | None = ""
    date_modified_gmt: str | None = ""


ORDER_BY: dict[str, Callable[[Row], Any]] = {
    "date": lambda row: (row.date_created_gmt or "", row.id),
    "modified": lambda row: (row.date_modified_gmt or "", row.id),
    "id": lambda row: row.id,
    "title": lambda row: (row.name, row.id),
    "slug": lambda row: (row.slug, row.id),
}


def select(shop: Shop, call: Call, rows: list[Row]) -> list[Row]:
    """Apply include, exclude, dates and order."""
    include, exclude = _numbers(call, "include"), _numbers(call, "exclude")
    kept = [
        row
        for row in rows
        if row.id not in exclude
        and (not include or row.id in include)
        and _in_time(shop, call, row)
    ]
    orderby = call.one("orderby", "date") or "date"
    if orderby == "include":
        return sorted(kept, key=lambda row: include.index(row.id) if row.id in include else 0)
    return sorted(kept, key=ORDER_BY[orderby], reverse=call.one("order", "desc") != "asc")


def _numbers(call: Call, name: str) -> list[int]:
    return [int(value) for value in call.many(name) if value.strip().isdigit()]


def _in_time(shop: Shop, call: Call, row: Row) -> bool:
    for field, created in (("", True), ("modified_", False)):
        gmt = call.yes("dates_are_gmt")
        local_value, gmt_value = (
            (row.date_created, row.date_created_gmt)
            if created
            else (row.date_modified, row.date_modified_gmt)
        )
        value = (gmt_value if gmt else local_value) or ""
        after, before = call.one(f"{field}after"), call.one(f"{field}before")
        # Exclusive at both ends, and only whole seconds are kept.
        if after and not value > bound(shop, after):
            return False
        if before and not value < bound(shop, before):
            return False
    return True


def bound(shop: Shop, text: str) -> str:
    """Return the text a column is compared with.

    A value with an offset is first turned into shop time, even where the GMT column is meant: the
    trap that shows too much west of Greenwich and hides rows east of it.
    """
    instant = datetime.fromisoformat(text.upper().replace(" ", "T"))
    if instant.tzinfo is not None:
        instant = instant.astimezone(UTC).astimezone(shop.zone)
    return instant.strftime(ISO)


def page(
    call: Call,
    rows: list[Any],
    render: Callable[[Any], Any],
    *,
    added: dict[str, str] | None = None,
    added_if_any: dict[str, str] | None = None,
    forgets_total: bool = False,
) -> Answer:
    """Return one page with its totals and links.

    added          what the shop adds to the links' query
    added_if_any   the same, when the page holds anything
    forgets_total  a page beyond the end says there is nothing at all (orders do)
    """
    size, number = int(call.one("per_page") or 10), int(call.one("page") or 1)
    start = int(call.one("offset") or (number - 1) * size)
    shown = rows[start : start + size]
    total = 0 if forgets_total and not shown else len(rows)
    pages = math.ceil(total / size)
    extra = (added or {}) | ((added_if_any or {}) if shown else {})
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    if links := _links(call, number, pages, extra):
        headers["Link"] = links
    return Answer(body=[render(row) for row in shown], headers=headers)


def _links(call: Call, number: int, pages: int, extra: dict[str, str]) -> str:
    links = []
    if number > 1:
        links.append((min(number - 1, pages), "prev"))
    if number < pages:
        links.append((number + 1, "next"))
    return ", ".join(f'<{_address(call, at, extra)}>; rel="{rel}"' for at, rel in links)


def _address(call: Call, number: int, extra: dict[str, str]) -> str:
    # A list parameter reappears in PHP's indexed form, whatever form it came in.
    lists = {name.partition("[")[0] for name in extra if "[" in name}
    query = {k: v for k, v in call.pairs if k.partition("[")[0] not in lists}
    for name, value in extra.items():
        query.setdefault(name, value)
    query["page"] = str(number)
    return f"{call.base}{call.path}?{urlencode(query)}"
