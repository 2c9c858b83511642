"""`hub demo`: the whole story on simulated vendors, told with public commands only."""

import os
import shlex
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path(".demo"),
    once: Annotated[bool, typer.Option("--once", help="End after the story.")] = False,
) -> None:
    """Show two simulated shops, carriers and the hub at work; a kill is only a pause."""
    from hub.cli.demo.acts import ACTS
    from hub.cli.demo.commands import run, tell, title
    from hub.cli.demo.ending import check_everything
    from hub.cli.demo.stage import open_the_hub, set_the_stage

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # its processes end with it
    started = time.monotonic()
    if (folder / "hub").exists():
        tell(f"Going on where an earlier demo was; delete {folder} to begin anew.")
    stage = set_the_stage(folder.resolve())
    try:
        run("init")
        url = open_the_hub(stage)
        for number, (name, play) in enumerate(ACTS, 1):
            title(f"{number}. {name}")
            play(stage)
        broken = check_everything(stage)
        tell(f"The story took {time.monotonic() - started:.0f} seconds; {folder} keeps it all.")
        if not once:
            _stay_open(url)
    finally:
        stage.cast.end_all()
    if broken:
        raise typer.Exit(1)


def _stay_open(url: str) -> None:
    from hub.cli.demo.commands import tell

    names = ("HUB_HOME", "HUB_ALLOW_HOSTS", "HUB_PLUGIN_MODULES")
    settings = " ".join(f"{name}={shlex.quote(os.environ[name])}" for name in names)
    tell(f"The hub stays at {url} until you press Ctrl-C. In another terminal:")
    print(f"  export {settings}\n  .venv/bin/hub orders list")
    try:
        while True:
            threading.Event().wait(3600)
    except KeyboardInterrupt:
        tell("Stopped. `make demo` goes on from here; delete the folder to begin anew.")
