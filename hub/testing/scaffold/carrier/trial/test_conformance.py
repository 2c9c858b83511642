"""The connector against its simulated carrier, by the hub's own conformance suite."""

from pathlib import Path

from hub.testing import ConnectorSuite


class TestAcme(ConnectorSuite):
    """Every check that the descriptor's capabilities call for."""

    connector = "acme"
    samples = Path(__file__).parent / "samples"
