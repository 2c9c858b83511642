"""The demo's stage: simulated shops, a simulated carrier and the hub, each in its own process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.cli.demo.cast import Cast
from hub.cli.demo.commands import show
from hub.records.connection import Family
from hub.registry import load_plugins
from hub.sdk.capabilities import BuyLabel
from hub.sdk.connector import Connector
from hub.testing import carrier as simulated_carrier
from hub.testing.twins import RunningTwin, Twin, load_twin

FIRST, SECOND = "NYC", "BER"
CARRIER, TRACKED = "FLAT", "ROAD"
"""A carrier without a network, and a simulated one that says where its parcels are."""


@dataclass(frozen=True)
class Vendor:
    """A simulated vendor, running."""

    connector: Connector
    twin: Twin
    running: RunningTwin

    @property
    def settings(self) -> Mapping[str, Any]:
        """What a connection to it is made with."""
        return self.twin.connects(self.running.url)


@dataclass(frozen=True)
class Stage:
    """Everything the story plays on."""

    folder: Path
    cast: Cast
    carrier: Connector
    shops: dict[str, Vendor]
    """The simulated shops by the code they are connected under."""
    tracked: Vendor

    @property
    def home(self) -> Path:
        """The hub's own folder."""
        return self.folder / "hub"

    @property
    def vendors(self) -> list[Vendor]:
        """Every simulated vendor."""
        return [*self.shops.values(), self.tracked]


def set_the_stage(folder: Path) -> Stage:
    """Start the simulated vendors, and set the environment that the commands read."""
    folder.mkdir(parents=True, exist_ok=True)
    known = load_plugins().connectors.values()
    shop = next(one for one in known if one.family == Family.STOREFRONT and one.twin)
    carrier = next(one for one in known if BuyLabel in one.provides and not one.twin)
    tracked = simulated_carrier.CONNECTORS[0]
    assert shop.twin is not None
    cast, second = Cast(folder), dict(load_twin(shop.twin).second)
    shops = {
        FIRST: _play(cast, folder, shop, "first-shop", {}),
        SECOND: _play(cast, folder, shop, "second-shop", second),
    }
    stage = Stage(folder, cast, carrier, shops, _play(cast, folder, tracked, "carrier", {}))
    hosts = [one.running.url.removeprefix("http://") for one in stage.vendors]
    os.environ.update(
        HUB_HOME=str(stage.home), HUB_ALLOW_HOSTS=",".join(hosts),
        # it is installed with the hub and no entry point: a hub in production never meets it
        HUB_PLUGIN_MODULES=simulated_carrier.__name__,
    )  # fmt: skip
    return stage


def _play(
    cast: Cast, folder: Path, connector: Connector, name: str, options: dict[str, str]
) -> Vendor:
    assert connector.twin is not None
    twin, data = load_twin(connector.twin), folder / f"{name}.db"
    command = ["-m", "hub.testing.twins", connector.twin, "--data", str(data)]
    command += ["--seed", _seed(twin), "--port", str(cast.port(name))]
    command += [f"{key}={value}" for key, value in options.items()]
    return Vendor(
        connector, twin, RunningTwin(cast.play(name, command, alive_at="/_twin/clock"), data)
    )


def _seed(twin: Twin) -> str:
    """Give the folder of the vendor's real data where it is, else the twin brings its samples."""
    vendor_data = Path(os.environ.get("HUB_VENDOR_DATA", "../shared/vendor-data"))
    folder = vendor_data / twin.samples
    return str(folder.resolve()) if twin.samples and folder.is_dir() else "none"


def open_the_hub(stage: Stage) -> str:
    """Start `hub serve`, or find it at work; gives its address."""
    port = stage.cast.port("hub")
    command = ["-m", "hub", "serve", "--port", str(port)]
    show(f"serve --port {port} &")
    return stage.cast.play("hub", command, alive_at="/health")
