"""A running twin and a client that may speak to it, for the tests of the twin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY
from oauthlib.oauth1 import Client as Signer

from hub.testing.twins import RunningTwin, TlsFiles, running

ROOT = Path(__file__).resolve().parents[3]
TWIN = "hub_woocommerce.twin:twin"
KEYS = ("ck_twin", "cs_twin")


def woocommerce_data(folder: str) -> Path:
    """The recordings or the store; skips where they are absent."""
    vendors = ROOT / os.environ.get("HUB_VENDOR_DATA", "../shared/vendor-data")
    if not vendors.is_dir():
        pytest.skip("vendor data is absent: HUB_VENDOR_DATA names its folder")
    return vendors / "woocommerce" / folder


class Shop:
    """A twin, its API over https with Basic, and the tester's hand on it."""

    def __init__(self, twin: RunningTwin, api: httpx.Client) -> None:
        self.twin = twin
        self.api = api

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.api.get(path, params=query or None)

    def read(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.api.post(path, json=body)

    def put(self, path: str, **body: Any) -> httpx.Response:
        return self.api.put(path, json=body)

    def delete(self, path: str, **query: Any) -> httpx.Response:
        return self.api.delete(path, params=query or None)

    def product(self, sku: str) -> Any:
        (found,) = self.read("products", sku=sku)
        return found

    def place(self, sku: str = "HB-250", quantity: int = 1, **more: Any) -> Any:
        lines = [{"sku": sku, "quantity": quantity}]
        return self.twin.action("place_order", lines=lines, **more)


@contextmanager
def open_shop(folder: Path, seed: Path | None = None, **options: object) -> Iterator[Shop]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1")
    tls = TlsFiles(folder / "cert.pem", folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tls.certificate)
    certificate.private_key_pem.write_to_path(tls.key)
    with (
        running(TWIN, data=folder / "shop.db", seed=seed, tls=tls, **options) as twin,
        client(twin) as api,
    ):
        yield Shop(twin, api)


def client(twin: RunningTwin, auth: tuple[str, str] | None = KEYS) -> httpx.Client:
    base = f"{twin.url}/wp-json/wc/v3/"
    return httpx.Client(base_url=base, auth=auth, verify=False, trust_env=False, timeout=20)


def signed(
    twin: RunningTwin,
    path: str = "orders",
    *,
    secret: str = "cs_twin",
    method: str = "GET",
    **more: Any,
) -> str:
    """Return an address with a one-legged OAuth 1.0a signature, made by somebody else's library."""
    more.setdefault("signature_method", SIGNATURE_HMAC_SHA256)
    signer = Signer("ck_twin", secret, signature_type=SIGNATURE_TYPE_QUERY, **more)
    address, _, _ = signer.sign(f"{twin.url}/wp-json/wc/v3/{path}", http_method=method)
    return str(address)


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def stock_of(shop: Shop, sku: str) -> Any:
    return shop.product(sku)["stock_quantity"]


def moved(shop: Shop, path: str, change: Any) -> bool:
    """Tell whether a change moves date_modified, with a minute in between."""
    before = shop.read(path)["date_modified_gmt"]
    shop.twin.advance(60)
    assert change().status_code < 300
    return bool(shop.read(path)["date_modified_gmt"] != before)
