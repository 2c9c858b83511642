"""From rows to HTML: templates that escape everything, and the few words pages are written in."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from hub.web.wording import TROUBLES

TONES = {
    "good": ("healed", "delivered", "closed", "succeeded", "passed", "well"),
    "busy": (
        "to_route", "ready", "running", "in_warehouse", "label_purchased", "handed_over",
        "partially_shipped", "in_transit", "out_for_delivery", "prepared", "sent",
    ),
    "wait": (
        "on_hold", "awaiting_payment", "edit_pending", "awaiting_stock", "waiting", "held",
        "paused", "late", "inconclusive", "returning", "returned", "unknown",
    ),
    "bad": (
        "disputed", "mapping_needed", "delivery_exception", "dead", "failed", "needs_attention",
        "needs_auth", "needs_operator", "refused", "failing", "delivery_failed", "lost", "damaged",
    ),
    "quiet": ("cancelled", "draft", "superseded", "disabled", "voided", ""),
}  # fmt: skip
"""How urgent a state is, from what went well to what nobody needs to look at."""

MARKS = {"good": "✓", "busy": "→", "wait": "…", "bad": "!", "quiet": "–"}
"""A sign beside each colour, for those who do not see the colour."""

_TONE_OF = {state: tone for tone, states in TONES.items() for state in states}
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def render(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Fill a template; a name it does not know is an error, not an empty place."""
    return HTMLResponse(_environment().get_template(template).render(**values), status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hub.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {"troubles": TROUBLES}
    environment.filters |= {
        "words": words, "tone": tone, "mark": lambda state: MARKS[tone(state)], "at": at,
        "since": since, "lasted": lasted,
        "trouble": lambda what: TROUBLES[what],
        "thousands": lambda number: f"{number:,}".replace(",", "\u202f"),
    }  # fmt: skip
    return environment


def tone(state: str) -> str:
    """Say how urgent a state is; one that nobody placed is worth a look."""
    return _TONE_OF.get(state, "wait")


def words(state: str) -> str:
    """Print the name of a state as people write it."""
    return state.replace("_", " ")


def at(instant: datetime) -> str:
    """Print an instant to the minute, in UTC."""
    return f"{instant:%Y-%m-%d %H:%M}"


def since(instant: datetime, now: datetime) -> str:
    """Print how long ago something was, in its largest unit."""
    age = max(now - instant, timedelta()).total_seconds()
    for length, unit in _SPANS:
        if age >= length:
            return f"{int(age // length)} {unit} ago"
    return "just now"


def lasted(span: timedelta) -> str:
    """Print how long something lasted, in its two largest units."""
    left = max(int(span.total_seconds()), 0)
    told: list[str] = []
    for length, unit in _SPANS:
        if left >= length and len(told) < 2:
            told.append(f"{left // length} {unit}")
            left %= length
    return " ".join(told) or "under a second"


def shares(counts: dict[str, int]) -> list[tuple[str, float, float]]:
    """Lay counts side by side on a bar 100 wide: tone, start and width of each tone that occurs."""
    whole = sum(counts.values())
    laid, start = [], 0.0
    for name in TONES:
        width = 100 * sum(n for state, n in counts.items() if tone(state) == name) / (whole or 1)
        if width:
            laid.append((name, round(start, 2), round(width, 2)))
            start += width
    return laid
