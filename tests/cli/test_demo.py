"""The demo: its story ends well, also when it was killed in the middle."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.cli.demo.cast import Cast

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HALF_WAY = "A label is not a hand-over"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose processes are ended, whatever a test did to the demo."""
    yield tmp_path
    Cast(tmp_path).end_all()


def demo(folder: Path) -> "subprocess.Popen[str]":
    """Start the demo on the twins' own samples."""
    return subprocess.Popen(
        [sys.executable, "-m", "hub", "demo", "--once", "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "HUB_VENDOR_DATA": str(folder / "none"), "PYTHONUNBUFFERED": "1"},
    )


def test_killed_half_way_and_started_again_it_ends_well(folder: Path) -> None:
    first = demo(folder)
    assert first.stdout is not None
    for line in first.stdout:
        if HALF_WAY in line:
            break
    threading.Event().wait(0.5)  # let it get into the middle of the step
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()

    second = demo(folder)
    said, _ = second.communicate(timeout=240)

    assert second.returncode == 0, said[-3000:]
    assert "broken" not in said
    assert said.count("  holds  ") >= 15, "every invariant is named"
    assert "routed: MAIN" in said, "one order is told with its reasons"
    assert processes_of(folder) == [], "nothing is left running"


def processes_of(folder: Path) -> list[str]:
    deadline = time.monotonic() + 5
    while (found := _named(folder)) and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    return found


def _named(folder: Path) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if str(folder) in line]
