"""The scripted carriers before the conformance suite: all four flavours keep their promises."""

from pathlib import Path

from hub.testing import ConnectorSuite


class ScriptedSuite(ConnectorSuite):
    module = "hub.testing.carrier"
    samples = Path(__file__).parent / "scripted_carrier"


class TestKeyAndLookup(ScriptedSuite):
    connector = "scripted-key-and-lookup"


class TestKeyOnly(ScriptedSuite):
    connector = "scripted-key-only"


class TestLookupOnly(ScriptedSuite):
    connector = "scripted-lookup-only"


class TestNeither(ScriptedSuite):
    connector = "scripted-neither"
