"""What can go wrong at a simulated vendor: the kinds of fault, and one fault as it is dialled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

BEFORE: Mapping[str, str] = {
    "refuse": "403, or the `status` and `body` given: 401, 404, 409, 422 …",
    "rate_limit": "429; `retry_after` is a number, an absurd text, or None for no such header",
    "error_before": "500 or the `status` given",
    "down": "503 until cleared",
    "degraded_list": "503 on the later pages of a list; the first page still comes",
    "reset": "the connection is reset",
    "html": "a login page with status 200",
    "redirect": "302 to `location`",
    "gzip_bomb": "a small gzip body that unpacks to `size` bytes (100 MB)",
    "endless": "a body that never ends",
    "late_apply": "504 now; the work is done `seconds` later on the twin's clock",
}
"""Happen instead of the vendor's work: at that moment nothing was done."""

INSIDE: Mapping[str, str] = {
    "revoked": "the credentials are refused by the vendor's own rules, until cleared",
    "stale": "a GET is answered from a replica that is `seconds` (60) behind",
    "lagging_list": "a list is answered from such a replica, a single record is not",
    "wrong_shop": "a GET is answered by another account of the same vendor",
}
"""Happen within the vendor's work."""

AFTER: Mapping[str, str] = {
    "error_after": "500 or the `status` given, although it was done",
    "timeout_after": "no answer at all; the line is cut after `seconds`",
    "truncated": "the answer ends in the middle",
    "malformed": "the answer is complete, but no JSON",
    "slow": "the answer drips in over `seconds`",
    "drift": "the JSON field `field` is called `renamed` (`<field>_v2`) from now on",
}
"""Happen to the vendor's answer: the work was done."""

WEBHOOK: Mapping[str, str] = {
    "duplicate": "sent twice",
    "reorder": "the newest owed overtakes the others",
    "drop": "never sent",
    "late": "sent `seconds` later on the twin's clock",
    "forged": "followed by a copy with other numbers under the same signature",
}
"""Happen to the webhooks the vendor sends."""

KINDS: Mapping[str, str] = {**BEFORE, **INSIDE, **AFTER, **WEBHOOK}

REPLICAS = ("stale", "lagging_list")
"""Answered from what the twin held before."""

READING, WRITING = "GET|HEAD", "POST|PUT|PATCH|DELETE"
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "down": {"times": None},
    "revoked": {"times": None},
    "drift": {"times": None},
    "degraded_list": {"method": READING},
    "late_apply": {"method": WRITING},
    "stale": {"method": READING, "seconds": 60.0},
    "lagging_list": {"method": READING, "seconds": 60.0},
    "wrong_shop": {"method": READING},
}
"""What a kind means when nothing else was said."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One dial.

    method, path   regular expressions; the path includes the query; for webhooks it is the topic
    times          how many requests it meets; None means until cleared
    rate           how likely it meets one of those requests, drawn from the twin's seed
    after, until   seconds from the moment it is set, on the twin's clock, when it begins and ends
    every, lasting of each `every` seconds it is at work for the first `lasting`
    status, body   the answer of `refuse`, `error_before`, `error_after`, `down`
    retry_after    seconds, or any text, announced with `rate_limit`; None sends no header
    seconds, least length of `slow`, `timeout_after`, `late`, `late_apply`, age of `stale` and
                   `lagging_list`; with `least` it is drawn between the two
    size           bytes that `gzip_bomb` unpacks to
    location       where `redirect` leads
    field, renamed what `drift` renames
    profile        the profile it belongs to; set_at and id are written by the twin
    """

    kind: str
    method: str = ".*"
    path: str = ".*"
    times: int | None = 1
    rate: float = 1.0
    after: float = 0.0
    until: float | None = None
    every: float | None = None
    lasting: float = 0.0
    status: int | None = None
    body: str | None = None
    retry_after: float | str | None = None
    seconds: float = 0.0
    least: float | None = None
    size: int = 100_000_000
    location: str = "https://elsewhere.example/login"
    field: str = ""
    renamed: str = ""
    profile: str = ""
    set_at: str = ""
    id: int = 0

    def meets(self, method: str, target: str) -> bool:
        """Tell whether this request is one of those meant."""
        return bool(re.fullmatch(self.method, method) and re.search(self.path, target))

    def blows(self, now: datetime) -> bool:
        """Tell whether it is its time, on the twin's clock."""
        age = (now - datetime.fromisoformat(self.set_at)) / timedelta(seconds=1)
        if age < self.after or (self.until is not None and age >= self.until):
            return False
        return self.every is None or (age - self.after) % self.every < self.lasting


def parse_fault(given: Mapping[str, Any]) -> Fault:
    """Return the fault described; raises ValueError or TypeError naming what is wrong."""
    kind = str(given.get("kind"))
    if kind not in KINDS:
        raise ValueError(f"unknown fault {kind!r}; there are {', '.join(KINDS)}")
    fault = Fault(**{**DEFAULTS.get(kind, {}), **given})
    if kind == "drift" and not fault.field:
        raise ValueError("drift needs the field to rename")
    if not 0 <= fault.rate <= 1:
        raise ValueError(f"rate is a probability from 0 to 1, not {fault.rate}")
    re.compile(fault.method), re.compile(fault.path)
    return fault
