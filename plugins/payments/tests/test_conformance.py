"""The payment connectors before the hub's conformance suite."""

from pathlib import Path

from hub.testing import ConnectorSuite


class TestOffline(ConnectorSuite):
    connector = "offline"
    config = {"name": "House bank"}
    samples = Path(__file__).parent / "offline"
