"""What one contender's run gives: seconds, of them at work, and the most memory ever held."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Figures:
    """Seconds by the name of what was timed; memory in MiB; what else explains them."""

    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    """Of all the process's threads; a busy neighbour stretches these least."""
    peak_mib: float = 0.0
    about: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Time a block."""
        started, worked = time.perf_counter(), time.process_time()
        yield
        self.seconds[name] = time.perf_counter() - started
        self.cpu_seconds[name] = time.process_time() - worked


def peak_mib() -> float:
    """Read this process's own high-water mark.

    `ru_maxrss` is no use here: a child inherits it from the process that started it.
    """
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else float("nan")
