"""The processes of the demo: each keeps its port and its data, so that a kill is only a pause."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

START_SECONDS = 60.0
_pause = threading.Event().wait


class NotStartedError(RuntimeError):
    """A process of the demo did not come up; its log says why."""


class Cast:
    """Starts processes, or finds them still running from before, and ends them by their pid."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "cast.json"
        self._known: dict[str, dict[str, int]] = {}
        if self._file.exists():
            self._known = json.loads(self._file.read_text())

    def port(self, name: str) -> int:
        """Give the port that this part always has."""
        entry = self._known.setdefault(name, {})
        if "port" not in entry:
            entry["port"] = _free_port()
            self._keep()
        return entry["port"]

    def play(
        self, name: str, command: Sequence[str], alive_at: str, env: Mapping[str, str] | None = None
    ) -> str:
        """Start a part unless it runs already; gives its address once it answers there."""
        url = f"http://127.0.0.1:{self.port(name)}"
        if not _answers(url + alive_at):
            self.end(name)
            with (self._folder / f"{name}.log").open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, *command], stdout=log, stderr=log,
                    stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})},
                )  # fmt: skip
            self._known[name]["pid"] = process.pid
            self._keep()
            self._await(name, url + alive_at, process)
        return url

    def _await(self, name: str, url: str, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                log = self._folder / f"{name}.log"
                raise NotStartedError(f"{name} did not start; see {log}")
            _pause(0.1)

    def end(self, name: str) -> None:
        """End a part, if it is the one this demo started."""
        entry = self._known.get(name, {})
        pid = entry.pop("pid", None)
        if pid is None or not _is_ours(pid, entry["port"]):
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while _is_ours(pid, entry["port"]) and time.monotonic() < deadline:
            _pause(0.1)
            _reap(pid)
        self._keep()

    def end_all(self) -> None:
        """End every part, the last started first."""
        for name in reversed(list(self._known)):
            self.end(name)

    def _keep(self) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self._known, indent=1))
        draft.replace(self._file)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _is_ours(pid: int, port: int) -> bool:
    """A pid may be reused: ours names the port that this demo gave it."""
    listing = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return f"--port {port}" in listing.stdout


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # it may be the child of an earlier run
        os.waitpid(pid, os.WNOHANG)
