"""Pulling messages: a page and its cursor in one commit, what is not understood kept aside."""

import hashlib
from collections.abc import Sequence
from functools import partial

from pydantic import TypeAdapter

from hub.records.message import IncomingMessage
from hub.sdk.capabilities import Page, PullMessages
from hub.services.context import Hub
from hub.services.intake.ingest import InSameCommit, Tally
from hub.services.intake.mapping import Fresh, map_items
from hub.services.tickets.incoming import take_in
from hub.store.connections import Connected
from hub.store.cursors import get_cursor, set_cursor
from hub.store.intake import keep_aside
from hub.store.jobs import JobResult, RunningJob
from hub.store.unit_of_work import Unit

MESSAGES = "messages"
MESSAGE_KIND = "message"
_MESSAGES: TypeAdapter[list[IncomingMessage]] = TypeAdapter(list[IncomingMessage])


def pull_messages(hub: Hub, job: RunningJob) -> JobResult:
    """Pull what arrived in a mailbox since the last time."""
    box = hub.connection(job.subject)
    reader = hub.open(box).offering(PullMessages)
    tally = Tally()
    if reader is None:
        return JobResult("no_change")
    with hub.store.reading() as database:
        cursor = get_cursor(database, box.id, MESSAGES)
    for page in reader.pull_messages(cursor.position if cursor else None):
        job.safe_point()
        close = partial(_close_page, job, box, page, tally)
        tally.add(land_messages(hub, box, reader, page.items, close))
    outcome = "partial" if tally.quarantined else "ok" if tally.moved else "no_change"
    return JobResult(outcome, vars(tally))


def land_messages(
    hub: Hub, box: Connected, reader: PullMessages, raws: Sequence[bytes],
    in_same_commit: InSameCommit,
) -> Tally:  # fmt: skip
    """Land a page of messages; `in_same_commit` moves the cursor."""
    fresh = [Fresh(raw, hashlib.sha256(raw).digest()) for raw in raws]
    mapped, problems = map_items(fresh, reader.to_message, _MESSAGES)
    tally = Tally(seen=len(raws), quarantined=len(problems))
    with hub.store.unit_of_work() as unit:
        for _, message in mapped:
            became = take_in(unit, box.id, message)
            setattr(tally, became, getattr(tally, became) + 1)
        keep_aside(unit, box.id, MESSAGE_KIND, problems)
        in_same_commit(unit)
    return tally


def _close_page(job: RunningJob, box: Connected, page: Page, before: Tally, unit: Unit) -> None:
    set_cursor(unit, box.id, MESSAGES, page.cursor, complete=page.last)
    job.progress(unit, {**vars(before), "seen": before.seen + len(page.items)})
