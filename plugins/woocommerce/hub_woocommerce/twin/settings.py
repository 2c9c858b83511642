"""What the shop says about itself: indexes, system status, settings, and lists that only read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hub.testing.twins import Document
from hub_woocommerce.twin.listing import page
from hub_woocommerce.twin.shop import WOOCOMMERCE, WORDPRESS, Shop
from hub_woocommerce.twin.wire import BASE, NAMESPACE, Answer, Call, Refusal, link, link_self

SHIPPING_METHODS = {
    "flat_rate": ("Flat rate", "A fixed price for each parcel."),
    "free_shipping": ("Free shipping", "No charge, by coupon or above a minimum."),
    "local_pickup": ("Local pickup", "Customers fetch their orders."),
    "pickup_location": ("Local pickup", "Customers choose where to fetch their orders."),
}


def site_index(shop: Shop, call: Call) -> Answer:
    offset = datetime.now(UTC).astimezone(shop.zone).utcoffset()
    hours = offset.total_seconds() / 3600 if offset else 0
    return Answer(
        body={
            "name": shop.name,
            "description": "",
            "url": BASE,
            "home": BASE,
            "gmt_offset": str(int(hours) if hours == int(hours) else hours),
            "timezone_string": str(shop.zone),
            "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", NAMESPACE, "wp/v2"],
            "authentication": [],
            "routes": {
                "/": {
                    "namespace": "",
                    "methods": ["GET"],
                    "_links": {"self": [{"href": f"{BASE}/wp-json/"}]},
                },
                f"/{NAMESPACE}": {"namespace": NAMESPACE, "methods": ["GET"]},
            },
        }
    )


def namespace_index(routes: dict[str, list[str]]) -> Callable[[Shop, Call], Answer]:
    """Return the handler of `/wc/v3`, which lists the routes."""

    def answer(_shop: Shop, _call: Call) -> Answer:
        listed = {
            f"/{NAMESPACE}{path}": {
                "namespace": NAMESPACE,
                "methods": methods,
                "endpoints": [{"methods": methods, "args": {}}],
            }
            for path, methods in routes.items()
        }
        up = {"up": [{"href": f"{BASE}/wp-json/"}]}
        return Answer(body={"namespace": NAMESPACE, "routes": listed, "_links": up})

    return answer


def system_status(shop: Shop, _call: Call) -> Answer:
    return Answer(
        body={
            "environment": {
                "home_url": BASE, "site_url": BASE, "version": WOOCOMMERCE,
                "wp_version": WORDPRESS, "wp_cron": True, "server_info": "nginx/1.22.1",
                "php_version": "8.2.36", "mysql_version_string": "10.11.19-MariaDB",
                "default_timezone": "UTC", "language": "en_US",
            },
            "active_plugins": [
                {
                    "plugin": "woocommerce/woocommerce.php", "name": "WooCommerce",
                    "version": WOOCOMMERCE, "version_latest": WOOCOMMERCE,
                    "url": "https://woocommerce.com/", "author_name": "Automattic",
                    "author_url": "https://woocommerce.com", "network_activated": False,
                }
            ],
            "settings": {
                "api_enabled": False, "force_ssl": False, "currency": shop.currency,
                "currency_symbol": {"USD": "&#36;", "EUR": "&euro;"}.get(shop.currency, ""),
                "currency_position": shop.general("currency_pos", "left"),
                "thousand_separator": shop.general("price_thousand_sep", ","),
                "decimal_separator": shop.general("price_decimal_sep", "."),
                "number_of_decimals": int(shop.general("price_num_decimals", "2")),
                "geolocation_enabled": False,
                "taxonomies": {t: t for t in ("external", "grouped", "simple", "variable")},
                "product_visibility_terms": {"featured": "featured", "outofstock": "outofstock"},
                "woocommerce_com_connected": "no", "enforce_approved_download_dirs": True,
                "order_datastore": "OrdersTableDataStore", "HPOS_enabled": True,
                "HPOS_sync_enabled": False,
                "enabled_features": ["analytics", "order_attribution", "custom_order_tables"],
            },
        }
    )  # fmt: skip


def list_settings(shop: Shop, call: Call) -> Answer:
    group = call.names[0]
    found = [s for s in shop.state.all("setting") if s["group"] == group]
    if not found:
        raise _no_setting("rest_setting_setting_group_invalid", "Invalid setting group.")
    found.sort(key=lambda setting: setting["place"])
    return Answer(body=[_shown_setting(setting) for setting in found])


def read_setting(shop: Shop, call: Call) -> Answer:
    group, id = call.names
    setting = shop.state.get("setting", f"{group}:{id}")
    if setting is None:
        raise _no_setting("rest_setting_setting_invalid", "Invalid setting.")
    return Answer(body=_shown_setting(setting) | {"group_id": group})


def _shown_setting(setting: Document) -> Document:
    return {name: value for name, value in setting.items() if name not in ("group", "place")}


def _no_setting(code: str, message: str) -> Refusal:
    return Refusal(code, message, 404)


def collection(kind: str) -> Callable[[Shop, Call], Answer]:
    """Return the handler of a list that the twin only shows."""

    def answer(shop: Shop, call: Call) -> Answer:
        found = sorted(shop.state.all(kind), key=lambda each: each["place"])
        return page(call, found, _unplaced)

    return answer


def single(kind: str, code: str) -> Callable[[Shop, Call], Answer]:
    """Return the handler of one member of such a list."""

    def answer(shop: Shop, call: Call) -> Answer:
        found = shop.state.get(kind, (call.numbers or call.names)[0])
        if found is None:
            raise Refusal(code, "Invalid resource ID.", 404)
        return Answer(body=_unplaced(found))

    return answer


def _unplaced(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "place"}


def shipping_methods(_shop: Shop, call: Call) -> Answer:
    found: list[Any] = [
        {
            "id": id,
            "title": title,
            "description": description,
            "_links": {
                "self": link_self(f"shipping_methods/{id}", "GET"),
                "collection": link("shipping_methods"),
            },
        }
        for id, (title, description) in SHIPPING_METHODS.items()
    ]
    return page(call, found, lambda each: each)
