"""`hub worker`: jobs are run here, and here alone; it has no web and no relay."""

from typing import Annotated, Any

import typer

from hub.cli.options import Json
from hub.cli.running import stay
from hub.settings import Settings


def worker(
    threads: Annotated[
        int | None, typer.Option(min=1, max=64, help="Jobs at one time; else HUB_THREADS.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run jobs, in any number of processes; needs PostgreSQL and Redis."""
    given: dict[str, Any] = {} if threads is None else {"threads": threads}
    stay(Settings(**given), "worker", works=True, as_json=as_json)
