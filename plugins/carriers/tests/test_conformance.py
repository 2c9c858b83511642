"""The carriers before the hub's conformance suite."""

from pathlib import Path

from hub.testing import ConnectorSuite


class TestFlatRate(ConnectorSuite):
    connector = "flatrate"
    samples = Path(__file__).parent / "flatrate"
