"""Requests that were answered with an error and are done later all the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from starlette.types import Scope

from hub.testing.twins.state import TwinState


@dataclass(frozen=True, kw_only=True)
class LateRequest:
    """One request put off, complete enough to be asked again."""

    id: int
    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def scope(self) -> Scope:
        """Give it the ASGI way."""
        return {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
            "method": self.method, "path": self.path, "raw_path": self.path.encode(),
            "root_path": "", "query_string": self.query, "headers": list(self.headers),
            "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 0), "twin.revoked": False,
        }  # fmt: skip


def put_off(state: TwinState, scope: Scope, body: bytes, seconds: float) -> None:
    """Keep a request until its moment on the twin's clock; a restart does not lose it."""
    due = state.clock.now() + timedelta(seconds=seconds)
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    state.connection.execute(
        "INSERT INTO late_request (due_at, method, path, query, headers, body) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (due.isoformat(), scope["method"], scope["path"], scope["query_string"],
         json.dumps(headers), body),
    )  # fmt: skip


def due(state: TwinState) -> list[LateRequest]:
    """Give the requests whose moment has come, oldest first."""
    rows = state.connection.execute(
        "SELECT id, method, path, query, headers, body FROM late_request "
        "WHERE due_at <= ? ORDER BY due_at, id",
        (state.clock.now().isoformat(),),
    )
    return [_request(*row) for row in rows]


def forget(state: TwinState, request: LateRequest) -> None:
    """Take a request off the list, in the transaction that does it."""
    state.connection.execute("DELETE FROM late_request WHERE id = ?", (request.id,))


def _request(
    id: int, method: str, path: str, query: bytes, headers: str, body: bytes
) -> LateRequest:
    pairs = (
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in json.loads(headers)
    )
    return LateRequest(
        id=id, method=method, path=path, query=query, headers=tuple(pairs), body=body
    )
