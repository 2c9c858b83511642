"""The machine and the versions a result was measured with."""

import os
import platform
import sqlite3
import tempfile
import time
from importlib.metadata import version
from statistics import median

_PACKAGES = ("sqlalchemy", "pydantic", "msgspec", "httpx", "cryptography")


def about_machine() -> dict[str, object]:
    """Describe processors, load, disk and versions."""
    return {
        "machine": platform.machine(), "processors": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "fsync_ms": round(_fsync_ms(), 2), "system": platform.system(),
        "python": platform.python_version(), "sqlite": sqlite3.sqlite_version,
        "packages": {name: version(name) for name in _PACKAGES},
    }  # fmt: skip


def _fsync_ms() -> float:
    """Measure how long the disk takes to keep 8 kB for good, in milliseconds."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(20):
            file.write(os.urandom(8192))
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    return median(taken) * 1000
