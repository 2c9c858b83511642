"""The demo's stage: two simulated shops of one vendor and the hub, each in its own process."""

import os
from dataclasses import dataclass
from pathlib import Path

from hub.cli.demo.cast import Cast
from hub.cli.demo.commands import show
from hub.records.connection import Family
from hub.registry import load_plugins
from hub.sdk.capabilities import BuyLabel
from hub.sdk.connector import Connector
from hub.testing.twins import RunningTwin, Twin, load_twin

FIRST, SECOND, CARRIER = "NYC", "BER", "FLAT"


@dataclass(frozen=True)
class Stage:
    """Everything the story plays on."""

    folder: Path
    cast: Cast
    shop: Connector
    carrier: Connector
    twin: Twin
    shops: dict[str, RunningTwin]
    """The simulated shops by the code they are connected under."""
    hub_url: str = ""

    @property
    def home(self) -> Path:
        """The hub's own folder."""
        return self.folder / "hub"


def set_the_stage(folder: Path) -> Stage:
    """Start the simulated shops, and set the environment that the commands read."""
    folder.mkdir(parents=True, exist_ok=True)
    registry = load_plugins()
    known = registry.connectors.values()
    shop = next(one for one in known if one.family == Family.STOREFRONT and one.twin)
    carrier = next(one for one in known if BuyLabel in one.provides and not one.twin)
    assert shop.twin is not None
    twin, cast = load_twin(shop.twin), Cast(folder)
    shops = {
        FIRST: _play_shop(cast, folder, shop.twin, twin, "first", {}),
        SECOND: _play_shop(cast, folder, shop.twin, twin, "second", dict(twin.second)),
    }
    hosts = ",".join(one.url.removeprefix("http://") for one in shops.values())
    os.environ.update(HUB_HOME=str(folder / "hub"), HUB_ALLOW_HOSTS=hosts)
    return Stage(folder, cast, shop, carrier, twin, shops)


def _play_shop(
    cast: Cast, folder: Path, import_string: str, twin: Twin, name: str, options: dict[str, str]
) -> RunningTwin:
    data = folder / f"{name}-shop.db"
    command = ["-m", "hub.testing.twins", import_string, "--data", str(data)]
    command += ["--seed", _seed(twin), "--port", str(cast.port(name))]
    command += [f"{key}={value}" for key, value in options.items()]
    return RunningTwin(cast.play(name, command, alive_at="/_twin/clock"), data)


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
