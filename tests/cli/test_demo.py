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

KILLED_AT = ("A label is not a hand-over", "A wrong unit does not get into the box")
EXPLAINED = {
    "routed: MAIN": "an order is told with its reasons",
    "no other set is cheaper": "the split has its proof",
    "by rule:look-at-bulk": "a hold names its rule",
    "at or below the minimum": "a proposal shows its formula",
    "grade B, changed_mind: 80 %": "a refund says what it follows from",
    "sent again and is delivered": "the ticket closed by itself",
}
"""What somebody who watches reads → why it matters."""


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


def test_killed_in_both_halves_and_started_again_it_ends_well(folder: Path) -> None:
    seen = "".join(watched_until_killed(demo(folder), sentence) for sentence in KILLED_AT)

    last = demo(folder)
    said, _ = last.communicate(timeout=240)

    assert last.returncode == 0, said[-3000:]
    assert "broken" not in said
    assert said.count("  holds  ") >= 15, "every invariant is named"
    missing = [why for sentence, why in EXPLAINED.items() if sentence not in seen + said]
    assert missing == []
    for paper in ("pick-list.pdf", "packing-slip.pdf"):
        assert (folder / paper).read_bytes().startswith(b"%PDF-")
    assert processes_of(folder) == [], "nothing is left running"


def watched_until_killed(playing: "subprocess.Popen[str]", sentence: str) -> str:
    """Kill the demo soon after it says this; gives what it said."""
    assert playing.stdout is not None
    said = []
    for line in playing.stdout:
        said.append(line)
        if sentence in line:
            break
    threading.Event().wait(0.5)  # let it get into the middle of the step
    playing.send_signal(signal.SIGKILL)
    playing.wait()
    said.append(playing.stdout.read())
    playing.stdout.close()
    assert sentence in "".join(said), "".join(said)[-3000:]
    return "".join(said)


def processes_of(folder: Path) -> list[str]:
    deadline = time.monotonic() + 5
    while (found := _named(folder)) and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    return found


def _named(folder: Path) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listing.stdout.splitlines() if str(folder) in line]
