"""Pages about connections: how each does, since when, what to press, and what healed."""

from starlette.requests import Request
from starlette.responses import Response

from hub.domain.health import is_late, judge
from hub.reports.connections import connection_detail
from hub.reports.incidents import WEEK, history
from hub.reports.jobs import JobFilter, list_jobs
from hub.reports.overview import connections_with_health
from hub.sdk.capabilities import PullOrders, PullProducts
from hub.store.connections import UnknownConnectionError
from hub.store.signals import read_signals
from hub.web.console import Console
from hub.web.local import Page

LATEST_JOBS = 15


class ConnectionPages:
    """The vendors as operators see them; secrets and webhook addresses are not part of it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def pages(self) -> dict[str, Page]:
        """Give the pages with their addresses."""
        return {
            "/connections": self.connections,
            "/connections/{code}": self.connection,
            "/incidents": self.incidents,
        }

    def connections(self, request: Request) -> Response:
        """List every connection with its health."""
        hub = self._console.hub
        with hub.store.reading() as database:
            found = connections_with_health(database, hub.registry.connectors, hub.store.clock())
        return self._console.show(request, "connections.html", connections=found)

    def connection(self, request: Request) -> Response:
        """Show one connection: its troubles and their repair, its streams, its past week."""
        hub, code = self._console.hub, request.path_params["code"]
        now = hub.store.clock()
        try:
            with hub.store.reading() as database:
                detail = connection_detail(database, code, now)
                signals = read_signals(database, hub.registry.connectors, now)
                shop = detail.connection.id
                past = history(database, now - WEEK, shop)
                jobs = list_jobs(database, JobFilter(connection_id=shop), LATEST_JOBS)
        except UnknownConnectionError as error:
            return self._console.missing(request, str(error))
        (mine,) = [one for one in signals if one.connection_id == shop]
        return self._console.show(
            request, "connection.html", detail=detail, signals=mine, health=judge(mine, now),
            late={stream.name for stream in mine.streams if is_late(stream, now)},
            pulls=self._pulls(detail.connection.connector), past=past, jobs=jobs,
        )  # fmt: skip

    def _pulls(self, connector: str) -> bool:
        known = self._console.hub.registry.connectors.get(connector)
        return known is not None and bool({PullOrders, PullProducts} & set(known.provides))

    def incidents(self, request: Request) -> Response:
        """Show the past week: what was wrong, when, and that it healed."""
        hub = self._console.hub
        with hub.store.reading() as database:
            past = history(database, hub.store.clock() - WEEK)
        return self._console.show(request, "incidents.html", past=past)
