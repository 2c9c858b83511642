"""The conformance suite: four lines of a connector's author, some hundred questions of the hub."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.testing.suite.suite import ConnectorSuite

__all__ = ["ConnectorSuite"]


def __getattr__(name: str) -> Any:
    # Only when asked for: what reads a report needs no pytest.
    if name == "ConnectorSuite":
        from hub.testing.suite.suite import ConnectorSuite

        return ConnectorSuite
    raise AttributeError(name)
