"""How a later call failed is never taken for how the effect ended: that would buy twice."""

import pytest
import respx

from hub.sdk.containment import Contained
from hub.sdk.errors import (
    AuthError,
    ConnectorError,
    RateLimitedError,
    RejectedError,
    UnknownOutcomeError,
)
from hub.sdk.http import HttpClient


class Shut:
    """A gate that lets so many calls in."""

    def __init__(self, calls):
        self.calls = calls

    def enter(self):
        self.calls -= 1
        if self.calls < 0:
            raise RateLimitedError("the budget of calls is used up", 7.0)

    def leave(self, called):
        pass


class Carrier:
    """Buys, then reads what it bought."""

    def __init__(self, http):
        self._http = http

    def buy_label(self, request, *, key):
        self._http.post("labels", json={"key": key}, effect=True)
        return self._http.get("labels/1").json()

    def buy_and_judge(self, request, *, key):
        self._http.post("labels", json={"key": key}, effect=True)
        raise RejectedError("the answer says that it was refused")

    def read_label(self):
        return self._http.get("labels/1").json()


@pytest.fixture
def vendor():
    with respx.mock(assert_all_called=False) as router:
        yield router


def carrier(calls=99):
    return Contained("carrier", Carrier(HttpClient("https://carrier.example", gate=Shut(calls))))


def says(vendor, bought, read):
    vendor.post("https://carrier.example/labels").respond(bought, json={})
    vendor.get("https://carrier.example/labels/1").respond(read, json={})


@pytest.mark.parametrize("read", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_a_failure_after_the_purchase_leaves_it_unknown(vendor, read):
    says(vendor, 200, read)
    with pytest.raises(UnknownOutcomeError):
        carrier().buy_label({}, key="k")


def test_a_purchase_whose_reading_is_held_back_is_unknown(vendor):
    says(vendor, 200, 200)
    with pytest.raises(UnknownOutcomeError, match="after it was sent: the budget of calls"):
        carrier(calls=1).buy_label({}, key="k")


@pytest.mark.parametrize(
    ("bought", "kind"), [(422, RejectedError), (401, AuthError), (429, RateLimitedError)]
)
def test_a_purchase_that_was_refused_is_refused(vendor, bought, kind):
    says(vendor, bought, 200)
    with pytest.raises(kind):
        carrier().buy_label({}, key="k")


def test_a_purchase_held_back_was_never_sent(vendor):
    says(vendor, 200, 200)
    with pytest.raises(RateLimitedError):
        carrier(calls=0).buy_label({}, key="k")
    assert not vendor.calls


def test_what_the_connector_says_of_the_answer_itself_stands(vendor):
    says(vendor, 200, 200)
    with pytest.raises(RejectedError, match="the answer says"):
        carrier().buy_and_judge({}, key="k")


def test_the_next_effect_and_plain_readings_start_afresh(vendor):
    says(vendor, 200, 404)
    one = carrier()
    for _ in range(2):
        with pytest.raises(UnknownOutcomeError):
            one.buy_label({}, key="k")
        with pytest.raises(RejectedError) as caught:
            one.read_label()
        assert isinstance(caught.value, ConnectorError) and not caught.value.after_effect


def test_what_was_sent_outside_of_an_effect_marks_nothing_after_it(vendor):
    says(vendor, 200, 404)
    http = HttpClient("https://carrier.example")
    http.post("labels", json={}, effect=True)
    with pytest.raises(RejectedError) as caught:
        http.get("labels/1")
    assert not caught.value.after_effect
