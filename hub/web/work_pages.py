"""Pages about work: jobs and their stories, calls that spend, records kept aside."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hub.reports.connections import connection_codes
from hub.reports.effects import effect_history, list_effects
from hub.reports.health import oldest_due
from hub.reports.job_story import job_story, order_about
from hub.reports.jobs import JobFilter, jobs_by_state, list_jobs
from hub.reports.quarantine import kept_row, list_kept
from hub.store.connections import UnknownConnectionError, get_connection
from hub.web.console import Console
from hub.web.local import Page
from hub.web.wording import CAUSES, TRANSITIONS

PAGE = 50
"""Rows on a page of a list."""
NARROWED_BY = ("state", "kind", "connection")
FOR_A_PERSON = ("needs_operator", "unknown", "prepared", "sent", "refused", "succeeded")
"""States of effects, those first that somebody must look at."""


class WorkPages:
    """What is owed, what failed and why; nothing here names a customer."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def pages(self) -> dict[str, Page]:
        """Give the pages with their addresses."""
        return {
            "/jobs": self.jobs,
            "/jobs/{id}": self.job,
            "/effects": self.effects,
            "/effects/{id}": self.effect,
            "/quarantine": self.quarantine,
            "/quarantine/{id}": self.kept,
        }

    def jobs(self, request: Request) -> Response:
        """List jobs, the newest first; all that narrows the list stands in the address."""
        asked = {name: request.query_params.get(name, "") for name in NARROWED_BY}
        before, store = request.query_params.get("before", ""), self._console.hub.store
        try:
            with store.reading() as database:
                code = asked["connection"]
                shop = get_connection(database, code).id if code else ""
                wanted = JobFilter(asked["state"], asked["kind"], shop)
                found = list_jobs(database, wanted, PAGE + 1, before)
                states, due = jobs_by_state(database), oldest_due(database, store.clock())
                codes = connection_codes(database)
        except UnknownConnectionError as error:
            return self._console.missing(request, str(error))
        older = job_address(asked, before=found[PAGE - 1].id) if len(found) > PAGE else ""
        return self._console.show(
            request, "jobs.html", jobs=found[:PAGE], states=states, asked=asked, codes=codes,
            due_since=due, first=not before, older=older, address=job_address,
        )  # fmt: skip

    def job(self, request: Request) -> Response:
        """Tell one job's story."""
        job_id = request.path_params["id"]
        with self._console.hub.store.reading() as database:
            story = job_story(database, job_id)
        if story is None:
            return self._console.missing(request, f"there is no job {job_id}")
        return self._console.show(
            request, "job.html", story=story, causes=CAUSES, transitions=TRANSITIONS
        )

    def effects(self, request: Request) -> Response:
        """List calls that spend, those first that nobody knows the end of."""
        state = request.query_params.get("state", "")
        with self._console.hub.store.reading() as database:
            doubtful = [
                row for one in FOR_A_PERSON[:2] for row in list_effects(database, one, PAGE)
            ]
            others = list_effects(database, state, PAGE)
        return self._console.show(
            request, "effects.html", doubtful=doubtful, effects=others, state=state,
            states=FOR_A_PERSON,
        )  # fmt: skip

    def effect(self, request: Request) -> Response:
        """Show one call with every step of its life, and what a person can say of it."""
        effect_id = request.path_params["id"]
        with self._console.hub.store.reading() as database:
            found = effect_history(database, effect_id)
            order = order_about(database, effect_id)
        if found is None:
            return self._console.missing(request, f"there is no effect {effect_id}")
        return self._console.show(request, "effect.html", found=found, order=order)

    def quarantine(self, request: Request) -> Response:
        """List the records nobody understood, the oldest first."""
        everything = request.query_params.get("all") == "1"
        with self._console.hub.store.reading() as database:
            kept = list_kept(database, everything)
        return self._console.show(request, "quarantine.html", kept=kept, everything=everything)

    def kept(self, request: Request) -> Response:
        """Show why one record was kept aside; its body is shown only when asked for."""
        item_id = request.path_params["id"]
        with self._console.hub.store.reading() as database:
            row = kept_row(database, item_id)
        if row is None:
            return self._console.missing(request, f"nothing is kept as {item_id}")
        return self._console.show(request, "kept.html", row=row, body=None)


def job_address(asked: dict[str, str], **more: str) -> str:
    """Give the address of a list of jobs."""
    query = urlencode({name: value for name, value in (asked | more).items() if value})
    return f"/jobs?{query}" if query else "/jobs"
