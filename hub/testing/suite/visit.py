"""A connector, opened: asked as the hub asks, and watched."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.sdk.connector import OpenConnector
from hub.sdk.errors import ConnectorError
from hub.testing.suite.guard import watched
from hub.testing.suite.verbs import Verb
from hub.testing.suite.wiretap import Wiretap

MOST_PAGES = 500
FEW_PAGES = 3
"""Of a stream, where one answer is enough; whole walks have their own checks."""


@dataclass
class Visit:
    """A connector, opened, and what it did over the network."""

    connector: OpenConnector
    tap: Wiretap
    foreign: list[str] = field(default_factory=list)
    """Sockets and processes it opened past the hub's client."""

    def ask(self, verb: Verb, given: Mapping[str, Any]) -> Any:
        """Call a verb as the hub does, to the end of what it yields."""
        places, names = _divided(verb, given)
        few = FEW_PAGES if verb.sort == "stream" else MOST_PAGES
        with watched() as seen:
            try:
                answer = getattr(self.connector, verb.method)(*places, **names)
                if isinstance(answer, Iterator):
                    answer = list(itertools.islice(answer, few))
            finally:
                self.foreign += seen
        return answer


def caught(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Do something and give its answer, or its error."""
    try:
        return work(), None
    except Exception as error:  # judged by the check that asked
        return None, error


def named(error: Exception | None) -> str:
    """Name an error as a finding does."""
    if error is None:
        return "no error"
    text = error.reason if isinstance(error, ConnectorError) else str(error)
    return f"{type(error).__name__} ({text[:160]})"


def _divided(verb: Verb, given: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    places: list[Any] = []
    names: dict[str, Any] = {}
    for name, parameter in verb.parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            names[name] = given[name]
        else:
            places.append(given[name])
    return places, names
