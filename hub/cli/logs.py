"""Logging, set up once by the process: JSON where a machine reads, and only what is known safe."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from hub.sdk.errors import HubError
from hub.sdk.redaction import redact

SHOWN = frozenset({
    "event", "level", "logger", "timestamp", "exception", "thread_name",
    "job", "kind", "attempt", "connection", "order", "effect", "outcome", "request",
})  # fmt: skip
"""The only fields that are written: whatever else a library adds may name a person."""

QUIET = (
    "httpx", "httpcore", "uvicorn", "uvicorn.error", "asyncio", "sqlalchemy", "alembic", "dramatiq",
)  # fmt: skip
"""Libraries that may warn, but not chat."""

Entry = MutableMapping[str, Any]


def set_up_logging(level: str, *, quiet: bool = False, form: str = "auto") -> None:
    """Write records to standard error; `quiet` is for commands, whose talk is not a log.

    `form` is json, console, or auto: for people on a terminal, else JSON. What was bound to this
    thread (`structlog.contextvars`), such as the job in hand, stands in every record.
    """
    wanted = logging.getLevelNamesMapping()[level.upper()]
    if quiet and wanted == logging.INFO:
        wanted = logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[_exception, _only_what_is_safe, _printer(form)],
        )
    )
    logging.basicConfig(level=wanted, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(wanted, logging.WARNING))


def _printer(form: str) -> Any:
    if form == "console" or (form == "auto" and sys.stderr.isatty()):
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _exception(_logger: Any, _method: str, entry: Entry) -> Entry:
    """Keep where it happened and what it said, redacted; never the values in the frames."""
    info = entry.pop("exc_info", None)
    if info:
        error = info[1] if isinstance(info, tuple) else sys.exc_info()[1]
        if error is not None:
            places = traceback.extract_tb(error.__traceback__)
            steps = " < ".join(f"{place.name}:{place.lineno}" for place in reversed(places[-6:]))
            entry["exception"] = f"{_said(error)} ({steps})"
    return entry


def _said(error: BaseException) -> str:
    """Give an error's own words only where the hub or the system chose them.

    Any other may quote what it could not digest: a name, an address, a key.
    """
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, HubError | OSError) else name


def _only_what_is_safe(_logger: Any, _method: str, entry: Entry) -> Entry:
    kept = {name: value for name, value in entry.items() if name in SHOWN}
    return {
        name: redact(value) if isinstance(value, str) and name != "timestamp" else value
        for name, value in kept.items()
    }
