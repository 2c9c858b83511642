"""A hub's file as `hub init` leaves it: made once a process, copied for every world."""

import tempfile
from functools import cache
from pathlib import Path

from hub import bootstrap
from hub.settings import Settings


@cache
def blank_hub(key: str) -> bytes:
    """Give the file of a hub with this key, whole, to be copied."""
    with tempfile.TemporaryDirectory(prefix="hub-world-") as folder:
        home = Path(folder)
        bootstrap.initialise(Settings(home=home, secret_key=key, database_url="", least_free_mb=0))
        assert not (home / "hub.db-wal").exists(), "all of it must stand in the one file"
        return (home / "hub.db").read_bytes()
