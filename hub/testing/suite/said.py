"""All that a connector says, in errors, logs and prints, when everything goes wrong."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hub.sdk.config import secret_fields
from hub.testing.suite.day import calling, overheard, told_by

if TYPE_CHECKING:
    from hub.testing.suite.stage import Stage
    from hub.testing.suite.visit import Visit

TROUBLE: tuple[dict[str, Any], ...] = (
    {"kind": "refuse", "status": 401}, {"kind": "refuse", "status": 422},
    {"kind": "error_before", "status": 500}, {"kind": "html"}, {"kind": "malformed"},
)  # fmt: skip


def all_that_is_said(stage: "Stage") -> Iterator[tuple[str, str]]:
    """Give what was done, and every word that was said then; the vendor repeats our secrets."""
    echo = " and ".join(_sent(stage))
    visit = stage.open()
    yield "its repr", f"{visit.connector!r} {visit.connector}"
    yield from _of_translations(stage, visit)
    for verb in list(calling(stage)):
        stage.reset()
        visit = stage.open()
        given = stage.arguments(visit, verb)
        for dial in TROUBLE if stage.has_vendor else ():
            more = {name: value for name, value in dial.items() if name != "kind"}
            body = json.dumps({"message": f"no: {echo}"})
            stage.twin.fault(dial["kind"], body=body, times=None, **more)
            what = f"{verb} under {dial.get('status', dial['kind'])}"
            yield _said(what, lambda: visit.ask(verb, given))  # noqa: B023
            stage.twin.clear()
        yield _said(str(verb), lambda: visit.ask(verb, given))  # noqa: B023


def secrets_of(stage: "Stage") -> list[str]:
    """Give the secrets of this connection that are long enough to be looked for."""
    hidden = secret_fields(stage.subject.declared.config_schema)
    return [str(v) for n, v in stage.config().items() if n in hidden and len(str(v)) > 3]


def spellings(value: str) -> tuple[str, ...]:
    """Give the ways in which a secret travels."""
    return value, quote(value, safe=""), base64.b64encode(value.encode()).decode()


def _sent(stage: "Stage") -> list[str]:
    """Give the secrets that the vendor is told, and so can repeat."""
    said = stage.day().said
    return [value for value in secrets_of(stage) if any(one in said for one in spellings(value))]


def _of_translations(stage: "Stage", visit: "Visit") -> Iterator[tuple[str, str]]:
    for verb in stage.subject.verbs("translation"):
        translate = getattr(visit.connector, verb.method, None)
        for sample in stage.samples.of(f"{verb.noun}s") if translate else ():
            for raw in (sample.raw, *_broken(sample.document)):
                yield _said(f"{verb} of {sample}", lambda: translate(raw))  # type: ignore[misc]  # noqa: B023


def _broken(document: Any) -> Iterator[bytes]:
    if isinstance(document, dict):
        for name in document:
            yield json.dumps({**document, name: None}).encode()


def _said(what: str, work: Callable[[], Any]) -> tuple[str, str]:
    error: Exception | None = None
    with overheard() as heard:
        try:
            work()
        except Exception as failure:  # all that matters is what it says
            error = failure
        said = heard()
    return what, f"{said}\n{told_by(error)}"
