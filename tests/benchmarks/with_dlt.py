"""Contender: dlt's `rest_api` source into SQLite, as its documentation sets it up.

dlt is no dependency of ours: `make bench` installs it for the run.
"""

import os
import sqlite3
from pathlib import Path

from tests.benchmarks.figures import Figures, peak_mib


def measure(shop: str, orders: int, home: Path) -> Figures:
    """Load every order once."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(home / "dlt"),
        "LOAD__WORKERS": "1",  # its default of 20 meets its own locks on SQLite and is no faster
    }  # fmt: skip
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{shop}/wp-json/wc/v3/",
                "paginator": {"type": "header_link"},
            },
            "resources": [
                {"name": "orders", "endpoint": {"path": "orders", "params": {"per_page": 100}}}
            ],
        }
    )
    pipeline = dlt.pipeline(
        pipeline_name="benchmark",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{home / 'hub.db'}"),
        dataset_name="shop",
    )
    figures = Figures()
    with figures.timing("first"):
        pipeline.run(source)
    figures.peak_mib = peak_mib()
    landed = _landed(home)
    if landed != orders:
        raise RuntimeError(f"dlt landed {landed} of {orders} orders")
    figures.about = {"version": dlt.__version__}
    return figures


def _landed(home: Path) -> int:
    """Count in the file that dlt attaches for a dataset."""
    database = sqlite3.connect(home / "hub__shop.db")
    try:
        return int(database.execute("SELECT count(*) FROM orders").fetchone()[0])
    finally:
        database.close()
