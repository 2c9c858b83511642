"""Two ways to have a twin in a test: in a thread, or as a process that can be killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from hub.testing.twins.client import RunningTwin
from hub.testing.twins.serving import TlsFiles, set_up
from hub.testing.twins.twin import Twin, load_twin

START_SECONDS = 20.0


@contextmanager
def running(
    twin: Twin | str,
    *,
    data: Path,
    seed: Path | None = None,
    port: int = 0,
    tls: TlsFiles | None = None,
    clock: Callable[[], datetime] | None = None,
    **options: object,
) -> Iterator[RunningTwin]:
    """Serve a twin from a thread of this process; its data stays in the file afterwards.

    With a `clock` it lives by that one, and does what falls due when `settle()` is called.
    """
    chosen = load_twin(twin) if isinstance(twin, str) else twin
    stage = set_up(
        chosen, data=data, seed=seed, port=port, tls=tls, options=_texts(options), clock=clock
    )
    thread = threading.Thread(
        target=stage.server.run, kwargs={"sockets": [stage.listener]}, name=f"twin {chosen.name}"
    )
    thread.start()
    try:
        _await_start(lambda: stage.server.started, thread.is_alive)
        with closing(RunningTwin(stage.state.url, data, follows=clock is not None)) as hand:
            yield hand
    finally:
        stage.server.leave()
        thread.join()
        stage.close()


class SpawnedTwin(RunningTwin):
    """A twin in a process of its own: it can be killed without warning, and started again."""

    def __init__(self, command: list[str], data: Path) -> None:
        super().__init__("", data)
        self._command = command
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, on its old port if it had one, and wait until it listens."""
        port = self.url.rpartition(":")[2] if self.url else None
        command = [*self._command, "--port", port] if port else self._command
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline().split()
        if said[:1] != ["ready"]:
            self.kill()
            raise RuntimeError(f"the twin did not start: {command}")
        self.url = said[1]

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self._end(subprocess.Popen.kill)

    def stop(self) -> None:
        """End it politely."""
        self._end(subprocess.Popen.terminate)

    def _end(self, how: Callable[[subprocess.Popen[str]], None]) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        how(process)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def spawned(
    twin: str,
    *,
    data: Path,
    seed: Path | None = None,
    port: int = 0,
    tls: TlsFiles | None = None,
    **options: object,
) -> Iterator[SpawnedTwin]:
    """Serve a twin, named by its import string, from a process of its own."""
    command = [sys.executable, "-m", "hub.testing.twins", twin, "--data", str(data)]
    command += ["--seed", str(seed) if seed else "none", "--port", str(port)]
    if tls:
        command += ["--tls-cert", str(tls.certificate), "--tls-key", str(tls.key)]
    command += [f"{name}={value}" for name, value in _texts(options).items()]
    process = SpawnedTwin(command, data)
    process.start()
    try:
        yield process
    finally:
        process.close()
        process.stop()


def _texts(options: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in options.items()}


def _await_start(started: Callable[[], bool], alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not started():
        if not alive() or time.monotonic() > deadline:
            raise RuntimeError("the twin did not start")
        time.sleep(0.005)
