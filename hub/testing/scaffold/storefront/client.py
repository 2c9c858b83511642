"""Talks to one shop; gives answers as they came, or decoded, and never interprets them."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec

from hub.sdk import Opening, Page
from hub.sdk.http import HeaderAuth
from hub.testing.scaffold.storefront.mapping import AccountAnswer, StockItems


class Sheet(msgspec.Struct):
    """One page of a list: each record's own bytes, where to read on, and whether there is more."""

    items: list[msgspec.Raw]
    next: str
    more: bool


class Client:
    """One shop's interface."""

    def __init__(self, opening: Opening) -> None:
        auth = HeaderAuth(opening.secret("token"), prefix="Bearer ")
        self._http = opening.http(str(opening.config["url"]), auth=auth)

    def account(self) -> AccountAnswer:
        """Ask who we are."""
        return self._http.get("/account").decode(AccountAnswer)

    def pages(self, kind: str, cursor: str | None) -> Iterator[Page]:
        """Walk the orders or the products changed since the cursor."""
        more = True
        while more:
            asked = {"cursor": cursor} if cursor else {}
            sheet = self._http.get(f"/{kind}", params=asked).decode(Sheet)
            cursor, more = sheet.next, sheet.more
            yield Page(items=tuple(map(bytes, sheet.items)), cursor=cursor, last=not more)

    def order(self, id: str) -> bytes:
        """Read one order; raises `RejectedError` with code "not_found" when it is gone."""
        answer = self._http.get(f"/orders/{quote(id, safe='')}")
        answer.json()  # half an answer is asked for again, not put aside as an odd order
        return answer.body

    def stock(self, ids: Sequence[str]) -> StockItems:
        """Read quantities; an id that is gone is left out."""
        return self._http.get("/stock", params={"ids": ",".join(ids)}).decode(StockItems)

    def set_stock(self, wanted: Mapping[str, int]) -> StockItems:
        """Set quantities; safe to repeat."""
        items = [{"id": id, "quantity": quantity} for id, quantity in wanted.items()]
        return self._http.put("/stock", json={"items": items}).decode(StockItems)
