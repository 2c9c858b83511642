"""The tester's hand on a running twin: faults, clock, actions, documents, and the witness."""

from __future__ import annotations

import ssl
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from hub.testing.twins.agenda import Agenda
from hub.testing.twins.log import TwinLog
from hub.testing.twins.twin import ActionError


@cache
def _any_certificate() -> ssl.SSLContext:
    """The twin is ours, on loopback, with whatever certificate the test made up."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class RunningTwin:
    """A twin that answers at `url`; every method speaks to its control endpoint."""

    def __init__(self, url: str, data: Path, *, follows: bool = False) -> None:
        """Speak to the twin at `url`; `follows` says that its clock is somebody else's."""
        self.url = url
        self.data = Path(data)
        self.log = TwinLog(self.data)
        self.follows = follows
        self._agenda = Agenda(self.data)
        self._line = httpx.Client(verify=_any_certificate(), trust_env=False, timeout=60.0)

    def close(self) -> None:
        """Hang up; the twin goes on."""
        self._agenda.close()
        self._line.close()

    def fault(self, kind: str, **dial: Any) -> None:
        """Set a fault; see `hub.testing.twins.faults.Fault` for the dials."""
        self._ask("POST", "/faults", dial | {"kind": kind})

    def clear(self, kind: str | None = None) -> None:
        """Remove every fault, or those of one kind."""
        self._ask("DELETE", f"/faults?kind={kind}" if kind else "/faults")

    def profile(self, name: str, *, seed: int = 0, heals_after: float | None = None) -> None:
        """Set the weather by name; after `heals_after` seconds of the twin's clock it is calm."""
        self._ask("PUT", "/profile", {"name": name, "seed": seed, "heals_after": heals_after})

    def action(self, name: str, **given: Any) -> Any:
        """Let something happen at the vendor; raises ActionError where it cannot."""
        return self._ask("POST", f"/actions/{name}", given)

    def now(self) -> datetime:
        """Return the instant on the twin's clock."""
        return datetime.fromisoformat(self._ask("GET", "/clock")["now"])

    def freeze(self, instant: datetime | None = None) -> None:
        """Stop the twin's clock, at the instant given or where it is."""
        at = {"now": instant.isoformat()} if instant else {}
        self._ask("PUT", "/clock", {"frozen": True} | at)

    def unfreeze(self) -> None:
        """Let the twin's clock run on from where it stands."""
        self._ask("PUT", "/clock", {"frozen": False})

    def move_to(self, instant: datetime) -> None:
        """Make it this instant at the twin."""
        self._ask("PUT", "/clock", {"now": instant.isoformat()})

    def advance(self, seconds: float) -> None:
        """Move the twin's clock forward."""
        self._ask("PUT", "/clock", {"advance": seconds})

    def documents(self, kind: str) -> list[dict[str, Any]]:
        """Return everything of a kind the twin holds."""
        return self._ask("GET", f"/documents/{kind}")

    def document(self, kind: str, id: str | int) -> dict[str, Any]:
        """Return one thing the twin holds; raises ActionError where there is none."""
        return self._ask("GET", f"/documents/{kind}/{id}")

    def put(self, kind: str, id: str | int, body: dict[str, Any]) -> None:
        """Replace one thing, behind the vendor's rules."""
        self._ask("PUT", f"/documents/{kind}/{id}", body)

    def merge(self, kind: str, id: str | int, **fields: Any) -> None:
        """Change fields of one thing, behind the vendor's rules."""
        self._ask("POST", f"/documents/{kind}/{id}", fields)

    def deliver(self) -> list[dict[str, Any]]:
        """Send every webhook owed now, due or not; return topic, subject and status of each."""
        return self._ask("POST", "/deliver")["delivered"]

    def next_due(self) -> datetime | None:
        """Return when it next does something by itself, read from its file."""
        return self._agenda.next_due()

    def settle(self) -> None:
        """Let a twin that follows a clock do what is due on it: late requests, webhooks."""
        self._ask("POST", "/settle")

    def owed(self) -> list[dict[str, Any]]:
        """Return the webhooks not sent yet."""
        return self._ask("GET", "/deliveries")

    def save(self, path: Path) -> None:
        """Copy all the twin knows into a file."""
        self._ask("POST", "/save", {"path": str(path)})

    def restore(self, path: Path) -> None:
        """Take the twin back to what such a file holds; it goes on listening meanwhile."""
        self._ask("POST", "/restore", {"path": str(path)})

    def _ask(self, method: str, path: str, given: dict[str, Any] | None = None) -> Any:
        answer = self._line.request(method, f"{self.url}/_twin{path}", json=given)
        if answer.status_code == 422:
            raise ActionError(answer.json()["error"])
        if answer.status_code >= 400:
            raise ValueError(answer.text)
        return answer.json()
