"""A merchant with a full shop and a carrier, both without a network; every verb ends at rest."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from hub.jobs.idle import run_until_idle
from hub.jobs.worker import Worker
from hub.records.connection import Account, Family
from hub.records.money import Money
from hub.records.policy import Policy
from hub.records.shipment import Label, LabelFormat, LabelRequest
from hub.registry import load_plugins
from hub.sdk import (
    CAPABILITIES,
    Accepted,
    BuyLabel,
    BuyReturnLabel,
    Connector,
    EffectTraits,
    Opening,
    VoidLabel,
)
from hub.sdk.hooks import hookimpl
from hub.services.context import Hub
from hub.services.kinds import job_kinds
from hub.services.reactions import react
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import set_writes
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.unit_of_work import Store
from tests.services.full_shop import FullShop, remembered
from tests.services.scripted_shop import raw_order
from tests.store.conftest import KEYRING, SettableClock
from tests.store.shop_rows import add_place, all_rows, connect, one_row

PUBLIC = "https://hub.example"


class Carrier:
    """Sells and takes back labels; `trouble` is raised, once, by the next call."""

    def __init__(self, opening: Opening) -> None:
        remembered(self, opening)
        if self.__dict__:
            return
        self.bought: dict[str, str] = {}
        self.voided: list[str] = []
        self.trouble: Exception | None = None
        self.sent_to: list[str] = []
        self.services: list[str | None] = []

    def check(self) -> Account:
        return Account(id="carrier", title="Carrier")

    def buy_label(self, request: LabelRequest, *, key: str) -> Label:
        self._fail()
        self.bought[key] = f"L{len(self.bought) + 1}"
        self.sent_to.append(request.ship_to.city)
        self.services.append(request.service)
        return Label(
            external_id=self.bought[key], service="parcel", cost=Money(minor=500, currency="USD"),
            format=LabelFormat.PDF, document=b"%PDF",
        )  # fmt: skip

    def find_label(self, request: LabelRequest, *, key: str) -> Label | None:
        return None

    def buy_return_label(self, request: LabelRequest, *, key: str) -> Label:
        return self.buy_label(request, key=key)

    def find_return_label(self, request: LabelRequest, *, key: str) -> Label | None:
        return None

    def void_label(self, external_id: str, *, key: str) -> Accepted:
        self._fail()
        self.voided.append(external_id)
        return Accepted(external_id)

    def _fail(self) -> None:
        if self.trouble is not None:
            trouble, self.trouble = self.trouble, None
            raise trouble


@hookimpl
def hub_connectors() -> list[Connector]:
    """Give the carrier."""
    provides = (BuyLabel, VoidLabel, BuyReturnLabel)
    lacks = {one: "A test." for one in CAPABILITIES["carrier"] if one not in provides}
    repeatable = EffectTraits(key_retention=timedelta(days=1))
    return [
        Connector(
            name="paper", title="Paper", family=Family.CARRIER, factory=Carrier, config_schema={},
            provides=provides, lacks=lacks, effects=dict.fromkeys(provides, repeatable),
        )
    ]  # fmt: skip


class Merchant:
    """Five tees and five mugs in stock at MAIN; the shop shows them. Writes are on."""

    def __init__(self, store: Store, clock: SettableClock, public_url: str = PUBLIC) -> None:
        self._put_together(store, clock, {}, public_url)
        add_place(self.store)
        connect(self.store, connector="full")
        connect(self.store, "CAR", connector="paper", family=Family.CARRIER,
                account=Account(id="carrier", title="Carrier"))  # fmt: skip
        self._open_vendors()
        for code in ("NYC", "CAR"):
            self._write(code)
        self.shop.products = [[self.product("p1"), self.product("p2")]]
        self.shop.stock = {"p1": 5, "p2": 5}
        self.shop.ids["listing"] = ["p1", "p2"]
        self.shop.orders = [[]]
        self.owe("pull_products")
        self.owe("pull_orders")

    def _put_together(
        self, store: Store, clock: SettableClock, memories: dict[str, dict[str, Any]],
        public_url: str = PUBLIC,
    ) -> None:  # fmt: skip
        """A hub on a store; `memories` are what its vendors know, by connection."""
        self.clock = clock
        modules = ["tests.services.full_shop", "tests.services.merchant"]
        registry = load_plugins(only=["offline"], modules=modules)
        self.store = Store(store.engines, clock, KEYRING, react)
        self._memories = memories
        self.hub = Hub(
            self.store, registry, Policy(), lambda one: partial(self._memory, one),
            public_url=public_url,
        )  # fmt: skip
        self.worker = Worker(self.store, job_kinds(self.hub), "boot", chance=lambda: 0.5)

    def _open_vendors(self) -> None:
        self.shop = self._opened("NYC", FullShop)
        self.carrier = self._opened("CAR", Carrier)

    def _memory(self, connection: str, base_url: str, **options: Any) -> Any:
        return self._memories.setdefault(connection, {})

    @staticmethod
    def product(external_id: str) -> bytes:
        return json.dumps({"id": external_id}).encode()

    def _opened(self, code: str, kind: Any) -> Any:
        opened = self.hub.open(self.hub.connection(code)).connector
        assert isinstance(opened, kind)
        return opened

    def _write(self, code: str) -> None:
        with self.store.unit_of_work() as unit:
            set_writes(unit, self.hub.connection(code).id, True)

    def owe(self, kind: str, code: str = "NYC") -> None:
        """A job of a connection falls due, and all that follows is done."""
        with self.store.unit_of_work() as unit:
            owe(unit, kind, self.hub.connection(code).id, self.hub.connection(code).id)
        self.run()

    def run(self) -> None:
        run_until_idle(self.worker, sent_by_jobs_to_unknown)

    def later(self, **span: float) -> None:
        """Time passes, and what is due at its end is done."""
        self.clock.now += timedelta(**span)
        self.run()

    def says(self, number: str = "7", version: int = 1, **said: Any) -> None:
        """The shop shows an order, and the hub pulls it."""
        raw = raw_order(number, version, **said)
        self.shop.raws[number] = raw
        if number not in self.shop.ids["order"]:
            self.shop.ids["order"].append(number)
        self.shop.orders.append([raw])
        self.owe("pull_orders")

    def order(self, number: str = "7") -> Any:
        return one_row(self.store, tables.sales_order, external_id=number)

    def lines(self, number: str = "7") -> dict[str, Any]:
        rows = all_rows(self.store, tables.order_line, order_id=self.order(number).id)
        return {row.external_id: row for row in rows}

    def holds(self, number: str = "7") -> dict[str, str]:
        rows = all_rows(self.store, tables.hold, order_id=self.order(number).id, released_at=None)
        return {row.reason: row.note for row in rows}

    def effects(self, kind: str) -> list[str]:
        return [row.state for row in all_rows(self.store, tables.effect, kind=kind)]

    def labels(self) -> list[str]:
        """Give the labels that were bought and not given back."""
        return [one for one in self.carrier.bought.values() if one not in self.carrier.voided]

    def decisions(self, kind: str) -> list[Mapping[str, Any]]:
        rows = all_rows(self.store, tables.decision, kind=kind)
        return [{"outcome": row.outcome, **row.document} for row in rows]

    def free(self, listing: str = "p1") -> int:
        """Give what may still be sold of a listing's item."""
        variant = one_row(self.store, tables.variant, sku=listing)
        row = one_row(self.store, tables.stock_promise, stock_item_id=variant.stock_item_id)
        return int(row.sellable - row.reserved - row.allocated)
