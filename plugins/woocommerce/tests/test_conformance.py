"""The shop connector before the hub's conformance suite."""

from pathlib import Path

from hub.testing import ConnectorSuite
from hub.testing.twins import RunningTwin

MORE_THAN_A_PAGE = 90


class TestWooCommerce(ConnectorSuite):
    connector = "woocommerce"
    config = {"webhook_secret": "whsec_sample"}
    samples = Path(__file__).parent / "samples"
    changes = {
        "pull_orders": ("place_order", {"lines": [{"sku": "HB-250", "quantity": 1}]}),
        "pull_products": ("set_stock", {"sku": "HB-250", "quantity": 17}),
    }

    def arrange(self, twin: RunningTwin) -> None:
        for _ in range(MORE_THAN_A_PAGE):
            twin.action("place_order", lines=[{"sku": "HB-250", "quantity": 1}])
