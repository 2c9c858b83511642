"""The first pages of the console: the hub at a glance, its orders, and one order."""

from importlib.resources import files
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hub.records.order import Phase
from hub.records.payment import Verdict
from hub.reports.order_detail import OrderDetail, order_detail
from hub.reports.orders import OrderFilter, list_orders, orders_by_phase
from hub.reports.overview import overview
from hub.reports.why import obstacles, routing_reasons
from hub.store.connections import UnknownConnectionError, get_connection
from hub.store.orders import UnknownOrderError, find_order_id
from hub.web.console import Console
from hub.web.local import Page
from hub.web.rendering import shares

NEWEST = 20
"""Orders on the overview."""
PAGE = 50
"""Orders on a page of the list."""

FOR_A_PERSON = (
    Phase.DISPUTED, Phase.MAPPING_NEEDED, Phase.ON_HOLD, Phase.DELIVERY_EXCEPTION,
)  # fmt: skip
"""Phases that end only when somebody decides something."""

STATIC = {"hub.css": "text/css", "hub.svg": "image/svg+xml", "live.js": "text/javascript"}


class Pages:
    """What people see first. Nothing here names a customer."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._hub = console.hub

    def pages(self) -> dict[str, Page]:
        """Give the pages with their addresses."""
        return {
            "/": self.overview,
            "/orders": self.orders,
            "/orders/{number:path}": self.order,
            "/static/{name}": static,
        }

    def overview(self, request: Request) -> Response:
        """Show the whole hub."""
        store, connectors = self._hub.store, self._hub.registry.connectors
        with store.reading() as database:
            seen = overview(database, connectors, store.clock(), self._console.engine_runs)
            newest = list_orders(database, store.keyring, OrderFilter(), NEWEST)
        return self._console.show(
            request, "overview.html", seen=seen, orders=newest, shares=shares(seen.phases),
            yours={phase: n for phase, n in seen.phases.items() if phase in FOR_A_PERSON},
        )  # fmt: skip

    def orders(self, request: Request) -> Response:
        """Show a page of orders, the newest first; all that narrows it stands in the address."""
        asked = request.query_params
        phase, code, before = (asked.get(name, "") for name in ("phase", "connection", "before"))
        store = self._hub.store
        try:
            with store.reading() as database:
                shop = get_connection(database, code).id if code else ""
                wanted = OrderFilter(phase=phase, connection_id=shop)
                found = list_orders(database, store.keyring, wanted, PAGE + 1, before)
                phases = orders_by_phase(database, shop)
        except (UnknownOrderError, UnknownConnectionError) as error:
            return self._console.missing(request, str(error))
        page = found[:PAGE]
        older = {"before": page[-1].id} if len(found) > PAGE else {}
        return self._console.show(
            request, "orders.html", orders=page, phases=phases, phase=phase, connection=code,
            first=not before, older=older and address(phase, code, **older), address=address,
        )  # fmt: skip

    def order(self, request: Request) -> Response:
        """Show one order: where its units are, and why everything was decided as it was."""
        number = request.path_params["number"]
        try:
            with self._hub.store.reading() as database:
                order = order_detail(database, find_order_id(database, number))
                against = obstacles(database, order)
        except UnknownOrderError as error:
            return self._console.missing(request, str(error))
        return self._console.show(
            request, "order.html", order=order, against=against, routing=routing_reasons(order),
            checks=payment_checks(order),
        )  # fmt: skip


def address(phase: str, connection: str, **more: str) -> str:
    """Give the address of a list of orders."""
    given = {"phase": phase, "connection": connection, **more}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/orders?{query}" if query else "/orders"


def payment_checks(order: OrderDetail) -> list[tuple[str, str, str]]:
    """Give the checks of the newest verification: name, verdict, reason."""
    verified = order.decision("verification")
    verdicts = {True: Verdict.PASSED, False: Verdict.FAILED, None: Verdict.INCONCLUSIVE}
    return [
        (check["name"], verdicts[check["passed"]].value, check["reason"])
        for check in (verified.document.get("checks", []) if verified else [])
    ]


def static(request: Request) -> Response:
    """Give a file that the pages refer to."""
    name = request.path_params["name"]
    if name not in STATIC:
        return Response(status_code=404)
    content = (files("hub.web") / "static" / name).read_bytes()
    return Response(content, media_type=STATIC[name])
