"""The demo's ending: every invariant asked, the simulated vendors' own logs as witness."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub import bootstrap
from hub.cli.demo.commands import console, tell
from hub.cli.demo.stage import Stage
from hub.sdk.config import secret_fields
from hub.services.context import Hub
from hub.settings import Settings
from hub.testing.invariants import INVARIANTS, Broken, check
from hub.testing.twins import RunningTwin


@dataclass(frozen=True)
class _Scene:
    """The demo as the invariants see it."""

    hub: Hub
    home: Path
    twins: Sequence[RunningTwin]
    canaries: Iterable[str]
    said: str


def check_everything(stage: Stage) -> list[Broken]:
    """Ask every invariant and print the answers; gives what is broken."""
    system = bootstrap.build(Settings())
    try:
        broken = check(_scene(stage, system.hub))
    finally:
        system.close()
    tell("What must hold, and whether it does; the vendors' own logs are the witness:")
    wrong = {one.name for one in broken}
    for invariant in INVARIANTS:
        mark = "[red]broken[/]" if invariant.name in wrong else "[green]holds[/]"
        console.print(f"  {mark}  {invariant.sentence}", soft_wrap=True)
    for one in broken:
        console.print(f"  [red]{one}[/]", soft_wrap=True)
    return broken


def _scene(stage: Stage, hub: Hub) -> _Scene:
    logs = (file.read_text(errors="replace") for file in stage.folder.glob("*.log"))
    return _Scene(
        hub=hub,
        home=stage.home,
        twins=[vendor.running for vendor in stage.vendors],
        canaries=[
            str(value)
            for vendor in stage.vendors
            for name, value in vendor.settings.items()
            if name in secret_fields(vendor.connector.config_schema)
        ],
        said="".join(logs),
    )
