"""Another account of the same vendor, for answers that were meant for somebody else."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from starlette.types import ASGIApp, Scope

from hub.testing.twins.state import TwinState
from hub.testing.twins.twin import Twin
from hub.testing.twins.wire import Reply, ask


class Stranger:
    """The account that `Twin.second` makes; opened, in memory, when it is first mistaken for us."""

    def __init__(self, twin: Twin, seed: Path | None, state: TwinState) -> None:
        self._twin, self._seed, self._ours = twin, seed, state

    async def answer(self, scope: Scope, body: bytes) -> Reply:
        """Return what that account answers to a request of ours."""
        app = self._app
        with self._state.transaction():
            return await ask(app, scope, body)

    @cached_property
    def _state(self) -> TwinState:
        state = TwinState(Path(":memory:"), {**self._ours.options, **self._twin.second})
        state.url = self._ours.url
        with state.transaction():
            self._twin.seed(state, self._seed)
        return state

    @cached_property
    def _app(self) -> ASGIApp:
        return self._twin.build(self._state)
