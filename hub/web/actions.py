"""What can be pressed: each button is a form that needs the token and comes from our own page."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hub.reports.quarantine import kept_row
from hub.sdk.errors import HubError
from hub.services.orders import resolve
from hub.services.vendors import connect
from hub.services.vendors.watch import look
from hub.store import jobs
from hub.store.connections import UnknownConnectionError
from hub.store.intake import open_kept
from hub.web.console import Console
from hub.web.local import is_local, protected, refusal
from hub.web.signin import Form, RefusedError, read_form, sign_out

LONGEST_REASON = 200
BY = "console"

log = logging.getLogger(__name__)


class ChangedError(HubError):
    """What the page showed is no longer so; the text says how it stands."""


class Actions:
    """The buttons. Whatever they do, a command does too."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._hub = console.hub

    def routes(self) -> list[Route]:
        """Give the addresses that forms are sent to."""
        presses: Mapping[str, Callable[[Request, Form], Response]] = {
            "/connections/{code}/pause": self.pause,
            "/connections/{code}/resume": self.resume,
            "/connections/{code}/sync": self.sync,
            "/jobs/replay": self.replay_dead,
            "/jobs/{id}/replay": self.replay,
            "/jobs/{id}/cancel": self.cancel,
            "/quarantine/{id}/retry": self.retry,
            "/quarantine/{id}/reveal": self.reveal,
        }
        guarded = [Route(path, self._guarded(press), methods=["POST"])
                   for path, press in presses.items()]  # fmt: skip
        return [
            *guarded,
            Route("/sign-in", self.sign_in, methods=["GET", "POST"]),
            Route("/sign-out", self._guarded(lambda request, _: sign_out(request)),
                  methods=["POST"]),
        ]  # fmt: skip

    def _guarded(
        self, press: Callable[[Request, Form], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            if not is_local(request):
                return protected(refusal(request))
            try:
                self._console.door.admit(request)
                form = await read_form(request)
            except RefusedError as error:
                return protected(self._console.missing(request, str(error), 403))
            return protected(await run_sync(self._pressed, press, request, form))

        return guarded

    def _pressed(
        self, press: Callable[[Request, Form], Response], request: Request, form: Form
    ) -> Response:
        log.info("pressed in the console: %s", request.url.path)
        try:
            return press(request, form)
        except UnknownConnectionError as error:
            return self._console.missing(request, str(error))
        except HubError as error:
            return self._console.missing(request, str(error), 409)

    async def sign_in(self, request: Request) -> Response:
        """Take the token, from the link printed at the start or from the form."""
        if not is_local(request):
            return protected(refusal(request))
        given = request.query_params.get("token", "")
        if request.method == "POST":
            try:
                given = (await read_form(request)).get("token", "")
            except RefusedError as error:
                return protected(self._console.missing(request, str(error), 403))
        answer = self._console.door.sign_in(request, given) if given else None
        if answer is None:
            answer = self._console.show(
                request, "sign_in.html", 403 if given else 200, wrong=bool(given)
            )
        return protected(answer)

    # --- connections ---------------------------------------------------------------------------

    def pause(self, request: Request, form: Form) -> Response:
        """Stop calling a vendor."""
        code = request.path_params["code"]
        connect.pause(self._hub, code, _reason(form) or "paused in the console")
        look(self._hub)
        return _back(f"/connections/{quote(code)}", "paused")

    def resume(self, request: Request, form: Form) -> Response:
        """Call a vendor again."""
        code = request.path_params["code"]
        connect.resume(self._hub, code)
        look(self._hub)
        return _back(f"/connections/{quote(code)}", "resumed")

    def sync(self, request: Request, form: Form) -> Response:
        """Pull what changed at a vendor, now."""
        code = request.path_params["code"]
        connect.sync_now(self._hub, code)
        return _back(f"/connections/{quote(code)}", "owed")

    # --- jobs -------------------------------------------------------------------------------------

    def replay(self, request: Request, form: Form) -> Response:
        """Send a dead job round again."""
        job_id = request.path_params["id"]
        with self._hub.store.unit_of_work() as unit:
            jobs.replay(unit, job_id, BY, _reason(form))
        return _back(f"/jobs/{quote(job_id)}", "replayed")

    def replay_dead(self, request: Request, form: Form) -> Response:
        """Send all dead jobs round again, if they are as many as the button said."""
        code = form.get("connection", "")
        shop = self._hub.connection(code).id if code else ""
        with self._hub.store.reading() as database:
            chosen = jobs.find_dead(database, jobs.DeadFilter(connection_id=shop))
        if str(len(chosen)) != form.get("count", ""):
            raise ChangedError(f"by now {len(chosen)} jobs are dead; look again, then press")
        refused = jobs.replay_all(self._hub.store, chosen, BY, _reason(form))
        return _back("/jobs", "replayed_some" if refused else "replayed_all")

    def cancel(self, request: Request, form: Form) -> Response:
        """Do not do a job; one that runs is asked to stop, one that is dead is laid to rest."""
        job_id, reason = request.path_params["id"], _reason(form)
        with self._hub.store.unit_of_work() as unit:
            if form.get("state") == jobs.JobState.DEAD:
                jobs.dismiss(unit, job_id, BY, reason)
                done = "cancelled"
            else:
                stopped = jobs.cancel(unit, job_id, BY, reason) == jobs.JobState.CANCELLED
                done = "cancelled" if stopped else "asked"
        return _back(f"/jobs/{quote(job_id)}", done)

    # --- records kept aside -----------------------------------------------------------------------

    def retry(self, request: Request, form: Form) -> Response:
        """Read a kept record once more."""
        item_id = self._kept(request)
        landed = resolve.retry_kept(self._hub, item_id)
        return _back(f"/quarantine/{quote(item_id)}", "landed" if landed else "not_landed")

    def reveal(self, request: Request, form: Form) -> Response:
        """Show a kept record's body, which may name a person."""
        item_id = self._kept(request)
        with self._hub.store.reading() as database:
            row = kept_row(database, item_id)
            raw = open_kept(database, self._hub.store.keyring, item_id)[2]
        return self._console.show(request, "kept.html", row=row, body=raw.decode(errors="replace"))

    def _kept(self, request: Request) -> str:
        item_id: str = request.path_params["id"]
        with self._hub.store.reading() as database:
            if kept_row(database, item_id) is None:
                raise ChangedError(f"nothing is kept as {item_id}")
        return item_id


def _reason(form: Form) -> str:
    return form.get("reason", "").strip()[:LONGEST_REASON]


def _back(where: str, done: str) -> Response:
    return RedirectResponse(f"{where}?done={done}", 303)
