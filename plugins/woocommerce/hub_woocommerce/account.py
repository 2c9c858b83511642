"""Who the shop is: proves the credentials, then learns what they may see."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from hub.sdk import Account, AuthError, Clock, RejectedError
from hub_woocommerce.client import Shop
from hub_woocommerce.home import home_in

_AN_HOUR = timedelta(hours=1)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def account_id(url: str) -> str:
    """Name a shop by host, port and path: the same over http and https, with any spelling."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = f":{parts.port}" if parts.port not in (None, _DEFAULT_PORTS.get(parts.scheme)) else ""
    return host + port + parts.path.rstrip("/")


def check(shop: Shop, url: str) -> Account:
    """Ask the shop for one order, which every useful key may read, then for what it says of itself.

    Raises `AuthError` when the key is refused. What the key may not see stays empty.
    """
    shop.read("orders", {"per_page": 1, "_fields": "id"})
    site = _or_nothing(shop.index)
    status = _or_nothing(
        lambda: shop.read("system_status", {"_fields": "environment,settings"}).json()
    )
    return Account(
        id=account_id(url),
        title=_text(site, "name") or account_id(url),
        currency=_text(status, "settings", "currency") or currency(shop) or "",
        time_zone=_text(site, "timezone_string") or _offset(site),
        api_version=_version(_text(status, "environment", "version")),
        address=home_in(site),
    )


def currency(shop: Shop) -> str | None:
    """Read the currency prices are in; None when the key may not see the settings."""
    setting = _or_nothing(lambda: shop.read("settings/general/woocommerce_currency").json())
    return _text(setting, "value") or None


class Currency:
    """The currency of a shop's prices, asked for once an hour: it changes once in years, if ever.

    None when the key may not see it; that is asked again.
    """

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self._shop, self._clock = shop, clock
        self._known: tuple[datetime, str] | None = None

    def __call__(self) -> str | None:
        """Give the currency."""
        now = self._clock()
        if self._known and now - self._known[0] < _AN_HOUR:
            return self._known[1]
        found = currency(self._shop)
        self._known = (now, found) if found else None
        return found


def _or_nothing(ask: Any) -> Any:
    try:
        return ask()
    except (AuthError, RejectedError):
        return None


def _text(document: Any, *path: str) -> str:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""


def _offset(site: Any) -> str:
    hours = site.get("gmt_offset") if isinstance(site, dict) else None
    try:
        minutes = round(float(hours) * 60) if hours not in (None, "") else None
    except (TypeError, ValueError):
        return ""
    if minutes is None:
        return ""
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _version(woocommerce: str) -> str:
    return f"wc/v3 on WooCommerce {woocommerce}" if woocommerce else "wc/v3"
