"""The connector against its simulated shop, by the hub's own conformance suite."""

from pathlib import Path

from hub.testing import ConnectorSuite


class TestAcme(ConnectorSuite):
    """Every check that the descriptor's capabilities call for."""

    connector = "acme"
    config = {"webhook_secret": "whsec_sample"}
    samples = Path(__file__).parent / "samples"
    changes = {
        "pull_orders": ("place_order", {"sku": "MUG"}),
        "pull_products": ("restock", {"id": "p-2", "quantity": 99}),
    }
