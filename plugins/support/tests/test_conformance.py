"""The support connectors before the hub's conformance suite; e-mail on real local servers."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from hub.testing import ConnectorSuite
from hub_support.email.twin import post_office


class _Settings(Mapping[str, Any]):
    """The settings of a post office that opens when somebody first asks for them."""

    def __init__(self) -> None:
        self.ending = ExitStack()
        self._known: dict[str, Any] = {}

    def _all(self) -> dict[str, Any]:
        if not self._known:
            self._known = self.ending.enter_context(post_office()).config
        return self._known

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


SETTINGS = _Settings()


@pytest.fixture(scope="module", autouse=True)
def _office() -> Iterator[None]:
    yield
    SETTINGS.ending.close()


class TestEmail(ConnectorSuite):
    connector = "email"
    config = SETTINGS
    samples = Path(__file__).parent / "email"
    waivers = {
        name: "its vendor is no HTTP twin; test_email.py tries it on real mail servers"
        for name in (
            "what_was_done_is_found_by_its_key",
            "a_look_up_on_a_bad_day_proves_nothing",
        )
    }
