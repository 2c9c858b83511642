"""Ships with the hub: all that is needed to prove a connector right."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.testing.suite import ConnectorSuite

__all__ = ["ConnectorSuite"]


def __getattr__(name: str) -> Any:
    # Only when asked for: the simulated vendors run where no pytest is installed.
    if name == "ConnectorSuite":
        from hub.testing.suite import ConnectorSuite

        return ConnectorSuite
    raise AttributeError(name)
