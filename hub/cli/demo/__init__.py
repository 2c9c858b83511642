"""`hub demo`: the whole story on simulated vendors, told with public commands only."""

import os
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
    """Show two simulated shops, a carrier and the hub at work; a kill is only a pause."""
    from hub.cli.demo import story
    from hub.cli.demo.commands import run, tell
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
        story.connect(stage)
        story.import_everything()
        story.let_it_write()
        story.hand_over()
        number = story.sell_on_the_other_channel(stage)
        story.tell_one_order(number)
        story.count()
        broken = check_everything(stage)
        tell(f"The story took {time.monotonic() - started:.0f} seconds; {folder} keeps it all.")
        if not once:
            _stay_open(url, stage.home)
    finally:
        stage.cast.end_all()
    if broken:
        raise typer.Exit(1)


def _stay_open(url: str, home: Path) -> None:
    from hub.cli.demo.commands import tell

    hosts = os.environ["HUB_ALLOW_HOSTS"]
    tell(f"The hub stays at {url} until you press Ctrl-C. In another terminal:")
    print(f"  export HUB_HOME={home} HUB_ALLOW_HOSTS={hosts}\n  .venv/bin/hub orders list")
    try:
        while True:
            threading.Event().wait(3600)
    except KeyboardInterrupt:
        tell("Stopped. `make demo` goes on from here; delete the folder to begin anew.")
