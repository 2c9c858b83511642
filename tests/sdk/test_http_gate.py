"""The client asks the gate before every call and tells it how the call ended."""

from contextlib import suppress

import pytest
import respx

from hub.sdk.errors import ConnectorError, RateLimitedError, RejectedError
from hub.sdk.http import HttpClient


@pytest.fixture
def vendor_says():
    with respx.mock(assert_all_called=False) as router:
        yield router.route(host="shop.example")


class CountingGate:
    """Lets calls in until it is shut; remembers how they ended."""

    def __init__(self) -> None:
        self.shut, self.told = False, []

    def enter(self):
        if self.shut:
            raise RateLimitedError("the budget of calls is used up", 7.0)

    def leave(self, called):
        self.told.append((called.outcome, called.retry_after))


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (200, {}, ("ok", None)),
        (422, {}, ("refused", None)),
        (429, {"Retry-After": "90"}, ("rate_limited", 90.0)),
        (503, {"Retry-After": "5"}, ("transient", 5.0)),
        (500, {}, ("transient", None)),
        (401, {}, ("auth", None)),
    ],
)
def test_the_gate_hears_how_every_call_ended(vendor_says, status, headers, told):
    vendor_says.respond(status, headers=headers, json={})
    gate = CountingGate()
    with HttpClient("https://shop.example", gate=gate) as shop, suppress(ConnectorError):
        shop.get("orders")
    assert gate.told == [told]


def test_a_call_without_budget_never_leaves(vendor_says):
    gate, observed = CountingGate(), []
    gate.shut = True
    with (
        HttpClient("https://shop.example", gate=gate, observe=observed.append) as shop,
        pytest.raises(RateLimitedError, match="budget of calls") as caught,
    ):
        shop.post("labels", effect=True)
    assert caught.value.retry_after == 7.0
    assert (vendor_says.call_count, gate.told, observed) == (0, [], [])


def test_a_refused_address_says_nothing_about_the_vendor():
    async def inside(host, port):
        return ["127.0.0.1"]

    gate = CountingGate()
    with (
        HttpClient("https://shop.example", gate=gate, resolve=inside) as shop,
        pytest.raises(RejectedError),
    ):
        shop.get("orders")
    assert gate.told == []
