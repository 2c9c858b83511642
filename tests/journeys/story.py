"""The words journeys are told in: shops, a carrier, a merchant who presses few buttons."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hub.services.vendors.connect import held_orders, release_orders, sync_now
from hub.store import tables
from hub.testing.invariants import check
from hub.testing.twins import RunningTwin, running
from hub.testing.world import World

T = TypeVar("T")

Cast = Callable[..., AbstractContextManager[RunningTwin]]
"""How twins are brought to life: as threads, or as processes of their own."""

SHOP = "hub_woocommerce.twin:twin"
SHOP_KEYS = {"key": "ck_canary_5f1d", "secret": "cs_canary_9a72c4"}
TOKEN = "canary-token-31e6"
HOOK_SECRET = "canary-hook-secret-77"
VEXWORTHY = {
    "first_name": "Quillon", "last_name": "Vexworthy-Oort", "address_1": "77 Zephyrine Crescent",
    "city": "Albany", "state": "NY", "postcode": "12207", "country": "US", "phone": "5550199773",
}  # fmt: skip
"""A customer whose name stands nowhere by chance."""


class Story:
    """A merchant's hub with its vendors. Every verb leaves it at rest."""

    def __init__(
        self, folder: Path, ending: ExitStack, cast: Cast = running, database_url: str = "",
        broker: str = "",
    ) -> None:  # fmt: skip
        self.folder = folder
        self._cast = cast
        self.world = World(
            folder / "hub", database_url=database_url, plugin_modules="hub.testing.carrier",
            broker=broker,
        )  # fmt: skip
        self.shops: dict[str, RunningTwin] = {}
        self.carrier: RunningTwin
        self.flavour = ""
        self._ending = ending
        ending.callback(self.world.close)

    # -- who is there -------------------------------------------------------------------------

    def open_shop(self, code: str = "NYC", seed: Path | None = None, **options: Any) -> RunningTwin:
        """A shop opens; the hub does not know it yet."""
        data = self.folder / f"{code}.db"
        given = {"webhook_delay": 0} | SHOP_KEYS | options
        shop = self._ending.enter_context(self._cast(SHOP, data=data, seed=seed, **given))
        self.shops[code] = self.world.add_twin(shop)
        return shop

    def open_carrier(self, flavour: str = "key_and_lookup") -> RunningTwin:
        """A carrier opens; the hub does not know it yet."""
        self.flavour = flavour
        twin = f"hub.testing.carrier.twin:{flavour}"
        data = self.folder / f"{flavour}.db"
        self.carrier = self.world.add_twin(
            self._ending.enter_context(self._cast(twin, data=data, token=TOKEN))
        )
        return self.carrier

    def carrier_does(self, steps: Sequence[dict[str, Any]]) -> None:
        """What the carrier's next parcel goes through: after (s), code."""
        self.carrier.action("script", steps=list(steps))

    def entered(self, context: AbstractContextManager[T]) -> T:
        """Enter something that ends with the story."""
        return self._ending.enter_context(context)

    def connect_shop(self, code: str = "NYC", **config: Any) -> str:
        """The merchant connects a shop; its first sync has not begun."""
        keys = {"consumer_key": SHOP_KEYS["key"], "consumer_secret": SHOP_KEYS["secret"]}
        given = {"url": self.shops[code].url, "webhook_secret": HOOK_SECRET} | keys | config
        id = self.world.connect("woocommerce", code, **given)
        self.world.poll_every(timedelta(hours=6))
        return id

    def connect_carrier(self) -> str:
        """The merchant connects the carrier and lets the hub buy there."""
        connector = f"scripted-{self.flavour.replace('_', '-')}"
        id = self.world.connect(connector, "CAR", base_url=self.carrier.url, token=TOKEN)
        self.world.writes_on("CAR")
        return id

    def open_for_business(self, flavour: str = "key_and_lookup", **options: Any) -> RunningTwin:
        """One shop and one carrier, connected, synced, writes on; nothing released."""
        shop = self.open_shop(**options)
        self.open_carrier(flavour)
        self.connect_shop()
        self.connect_carrier()
        self.world.run()
        self.world.writes_on("NYC")
        self.world.run()
        return shop

    # -- what customers and the merchant do ------------------------------------------------------

    def buy(self, sku: str, quantity: int = 1, at: str = "NYC", **more: Any) -> str:
        """A customer buys; gives the order's number. The hub does not know it yet."""
        lines = [{"sku": sku, "quantity": quantity}]
        given = {"shipping": VEXWORTHY, "billing": {"email": "quillon@vexworthy.example"}} | more
        order = self.shops[at].action("place_order", lines=lines, **given)
        return f"{at}-{order['id']}"

    def sync(self, *codes: str) -> None:
        """The merchant presses “sync now”, and everything that follows is done."""
        for code in codes or tuple(self.shops):
            sync_now(self.world.hub, code)
        self.world.run()

    def pass_time(self, **span: float) -> None:
        """Time passes, and what falls due is done."""
        self.world.run_for(timedelta(**span))

    def release_imported(self, *numbers: str, code: str = "NYC") -> None:
        """The merchant releases these imported orders, or all that are held."""
        chosen = [self.order(number).id for number in numbers]
        release_orders(self.world.hub, chosen or held_orders(self.world.hub, code), "merchant")
        self.world.run()

    def hand_over(self) -> int:
        """The carrier's van leaves with all that has a label."""
        left = self.world.hand_over_all()
        self.world.run()
        return left

    # -- what can be seen -----------------------------------------------------------------------

    def order(self, number: str) -> Any:
        return self.world.order(number)

    def phase(self, number: str) -> str:
        return str(self.world.order(number).phase)

    def line(self, number: str) -> Any:
        (line,) = self.world.rows(tables.order_line, order_id=self.order(number).id)
        return line

    def holds(self, number: str) -> dict[str, str]:
        """Give the open holds of an order: reason and note."""
        rows = self.world.rows(tables.hold, order_id=self.order(number).id, released_at=None)
        return {row.reason: row.note for row in rows}

    def parcels(self, number: str) -> Sequence[Any]:
        return self.world.rows(tables.shipment, order_id=self.order(number).id)

    def shown(self, sku: str, at: str = "NYC") -> int | None:
        """Give the stock a shop shows its customers."""
        for kind in ("product", "variation"):
            for item in self.shops[at].documents(kind):
                if item["sku"] == sku:
                    return item["stock_quantity"]
        raise LookupError(sku)

    def at_shop(self, number: str) -> dict[str, Any]:
        """Give the shop's own document of an order."""
        code, _, id = number.partition("-")
        return self.shops[code].document("order", id)

    def stock(self, sku: str) -> Any:
        """Give the hub's promise row of a SKU."""
        (variant,) = self.world.rows(tables.variant, sku=sku)
        (promise,) = self.world.rows(tables.stock_promise, stock_item_id=variant.stock_item_id)
        return promise

    def jobs(self, state: str) -> list[Any]:
        return self.world.rows(tables.job, state=state)

    def notes(self, number: str) -> list[str]:
        """Give what the shop has told the customer in the hub's name."""
        code, _, id = number.partition("-")
        log = self.shops[code].log
        return [line.reference for line in log.effects("note_added", id)]

    def labels(self) -> list[str]:
        """Give the orders for which the carrier has ever sold a label."""
        return [line.detail["order"] for line in self.carrier.log.effects("label_bought")]

    def end_well(self) -> None:
        """Every invariant holds."""
        broken = check(self.world)
        assert not broken, "\n".join(map(str, broken))
