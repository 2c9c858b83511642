"""A small host that takes long is asked for less, and for more again once it is quick."""

import httpx
import pytest

from hub.sdk import NotSentError, RejectedError, TransientError
from hub_woocommerce.pace import LEAST, MOST, Pace

API = "https://shop.example/wp-json/wc/v3"


def test_a_slow_answer_halves_and_a_quick_full_page_doubles():
    pace = Pace()
    for seconds, records, size in [(6, 100, 50), (9, 3, 25), (3, 25, 25), (1, 25, 50), (1, 9, 50)]:
        pace.took(seconds, records)
        assert pace.size == size


def test_it_stays_between_the_most_the_shop_gives_and_what_is_worth_a_call():
    pace = Pace()
    pace.took(0.1, MOST)
    assert pace.size == MOST
    for _ in range(9):
        pace.took(60, 10)
    assert pace.size == LEAST


@pytest.mark.parametrize(
    ("error", "less"),
    [
        (TransientError("504"), True),
        (TransientError("too large", code="answer_too_large"), True),
        (RejectedError("no", "not_found"), False),
        (NotSentError("nobody listens"), False),
    ],
)
def test_only_what_a_smaller_page_may_mend_makes_it_smaller(error, less):
    pace = Pace()
    assert pace.failed(error) is less
    assert (pace.size < MOST) is less


def test_after_a_time_out_the_next_pull_asks_for_half(router, connect):
    sizes = []

    def answer(request):
        sizes.append(int(request.url.params["per_page"]))
        if sizes[-1] > 30:
            return httpx.Response(504, html="<html>Gateway timeout</html>")
        return httpx.Response(200, json=[], headers={"X-WP-Total": "0"})

    router.get(f"{API}/orders").side_effect = answer
    shop = connect()
    for _ in range(2):
        with pytest.raises(TransientError):
            list(shop.pull_orders(None))
    (page,) = shop.pull_orders(None)
    assert page.last
    assert sizes == [100, 50, 25]
