"""The shop: its state, its time zone, its numbers, and whom it tells about changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.testing.twins import Document, TwinState
from hub_woocommerce.twin.cron import delay

WOOCOMMERCE = "10.5.0"
WORDPRESS = "6.9.7"
ISO = "%Y-%m-%dT%H:%M:%S"


class Shop:
    """What every part of the twin works on."""

    def __init__(self, state: TwinState) -> None:
        self.state = state
        second = state.options.get("second", "") not in ("", "0")
        self.second = second
        default_zone = "Europe/Berlin" if second else "America/New_York"
        self.zone = ZoneInfo(state.options.get("timezone", default_zone))
        self.name = state.options.get("name", "Second Shop" if second else "First Shop")

    # -- time: whole seconds, no offset, once local and once GMT ---------------------------------

    def now(self) -> datetime:
        return self.state.clock.now().replace(microsecond=0)

    def local(self, gmt_text: str) -> str:
        instant = datetime.fromisoformat(gmt_text).replace(tzinfo=UTC)
        return instant.astimezone(self.zone).strftime(ISO)

    def stamp(self, document: Document, *names: str) -> None:
        """Set `date_x` and `date_x_gmt` to now."""
        now = self.now()
        for name in names:
            document[f"{name}_gmt"] = now.strftime(ISO)
            document[name] = now.astimezone(self.zone).strftime(ISO)

    # -- numbers: orders, products, variations, refunds and coupons share one sequence ------------

    def next_post(self) -> int:
        return self.state.next("post")

    def next_item(self) -> int:
        return self.state.next("item")

    def next_meta(self) -> int:
        return self.state.next("meta")

    # -- settings ---------------------------------------------------------------------------------

    def general(self, id: str, default: str = "") -> str:
        document = self.state.get("setting", f"general:woocommerce_{id}")
        return str(document["value"]) if document else default

    @property
    def currency(self) -> str:
        return self.general("currency", "USD")

    # -- telling ----------------------------------------------------------------------------------

    def notify(self, topic: str, subject: int) -> None:
        """Owe a webhook to every active subscription of the topic."""
        wait = delay(self.state)
        for hook in self.state.all("webhook"):
            if hook["status"] == "active" and hook["topic"] == topic:
                if not hook["pinged"]:
                    self.state.queue(str(hook["id"]), "ping", hook["id"], delay=wait)
                self.state.queue(str(hook["id"]), topic, subject, delay=wait)


def merge_meta(shop: Shop, kept: list[Document], given: list[Document]) -> list[Document]:
    """Add or change meta data by id, else by key; a null value removes the entry."""
    result = [dict(entry) for entry in kept]
    for entry in given:
        known = [m for m in result if _same_meta(m, entry)]
        if known and entry.get("value", "") is None:
            result.remove(known[0])
        elif known:
            known[0].update({k: entry[k] for k in ("key", "value") if k in entry})
        elif entry.get("key"):
            value: Any = entry.get("value", "")
            result.append({"id": shop.next_meta(), "key": entry["key"], "value": value})
    return result


def _same_meta(kept: Document, given: Document) -> bool:
    if given.get("id"):
        return bool(kept["id"] == given["id"])
    return bool(kept["key"] == given.get("key"))
