"""The page of one connection: how fast its vendor is asked, and since when it is left alone."""

from hub.sdk.pacing import Breaker, Budget
from hub.services.context import Hub
from hub.store.pacing_rows import State, put_state
from hub.web.app import create_app
from tests.web.visiting import TOKEN, visit


def test_a_vendor_that_is_left_alone_is_told_with_its_reason_and_its_next_try(hub: Hub) -> None:
    app = create_app(hub, relay_pass=hub.store.clock, token=TOKEN)
    assert "eft alone" not in visit(app, "/connections/NYC").text
    now = hub.store.clock().timestamp()
    state = State(Budget().cut(now, 0.5, closed_for=90), Breaker().opened(now), "not_sent")
    with hub.store.unit_of_work() as unit:
        put_state(unit, hub.connection("NYC").id, state)
    page = visit(app, "/connections/NYC").text
    assert "Left alone since" in page and "asked for patience until" in page
    assert "it could not be reached" in page and "50 % of its rate" in page
