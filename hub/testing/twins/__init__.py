"""The twin kit: simulated vendors that speak the real wire protocol, fail on request, and testify.

A connector's `twin.py` declares a `Twin`; a test has it with `running(...)` or, as a process that
can be killed, with `spawned(...)`; `TwinLog` reads what was really done there.
"""

from hub.testing.twins.client import RunningTwin
from hub.testing.twins.deliveries import Delivery, Outgoing
from hub.testing.twins.faults import Fault
from hub.testing.twins.log import LogEntry, TwinLog
from hub.testing.twins.profiles import PROFILES
from hub.testing.twins.running import SpawnedTwin, running, spawned
from hub.testing.twins.serving import TlsFiles
from hub.testing.twins.state import Document, TwinState
from hub.testing.twins.testimony import Performed, ShownOrder, ShownRefund, Testimony
from hub.testing.twins.twin import Action, ActionError, Twin, load_twin

__all__ = [
    "Action",
    "ActionError",
    "Delivery",
    "Document",
    "Fault",
    "LogEntry",
    "Outgoing",
    "PROFILES",
    "Performed",
    "RunningTwin",
    "ShownOrder",
    "ShownRefund",
    "SpawnedTwin",
    "Testimony",
    "TlsFiles",
    "Twin",
    "TwinLog",
    "TwinState",
    "load_twin",
    "running",
    "spawned",
]
