"""Opening the hub for one command, and what nearly every command asks of it first."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from hub.bootstrap import System, build
from hub.cli.logs import set_up_logging
from hub.settings import Settings


def installed() -> Settings:
    """Read the settings of this environment and set up what is said about errors."""
    settings = Settings()
    set_up_logging(settings.log_level, quiet=True, form=settings.log_format)
    return settings


@contextmanager
def opened() -> Iterator[System]:
    """Open the hub of this environment, and close it again.

    Nothing rings here: the engine finds what a command leaves behind within a second.
    """
    system = build(installed())
    try:
        yield system
    finally:
        system.close()


def operator() -> str:
    """Name the person at this machine, for what is kept of who did what."""
    return f"operator {getpass.getuser()}"
