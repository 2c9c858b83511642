"""Canaries: credentials and personal data put in at every door come out at none."""

import json
import logging
import time
import traceback

import pytest

from hub.sdk.errors import ConnectorError, RejectedError
from hub.sdk.http import BasicAuth, HeaderAuth, HttpClient, OAuth1
from hub.sdk.redaction import Redactor, redact, redact_query, redact_url
from hub.sdk.secrets import MASK, Secret

CANARIES = ["ck_canary/key+1", "cs_canary secret=2", "canary-token-3", "canary-param-4"]
KEY, SECRET, TOKEN, PARAM = map(Secret, CANARIES)
SIGNERS = [BasicAuth(KEY, SECRET), OAuth1(KEY, SECRET), HeaderAuth(KEY, prefix="Bearer ")]


def echo_everything(whole_answer, status):
    """A vendor that repeats the request in its error, as some do."""

    def speak(connection, request):
        head = request.decode("latin-1")
        body = json.dumps({"code": "bad", "message": f"could not serve {head}"}).encode()
        connection.sendall(whole_answer(body, status=status))

    return speak


def leaks(text):
    seen = [canary for canary in CANARIES if canary in text or canary.split("_")[-1] in text]
    return seen + [word for word in ("jane@", "jane%40") if word in text]


@pytest.mark.parametrize("auth", SIGNERS, ids=lambda auth: type(auth).__name__)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500])
@pytest.mark.parametrize("effect", [False, True])
def test_no_credential_is_seen_anywhere(vendor, client, whole_answer, caplog, auth, status, effect):
    root = logging.getLogger()
    seen = []
    with caplog.at_level(logging.DEBUG, logger=root.name):
        shop = client(
            vendor(echo_everything(whole_answer, status)).url,
            auth=auth,
            headers={"X-Token": TOKEN},
            observe=seen.append,
        )
        try:
            answer = shop.post(
                "customers/jane@mail.example",
                params={"api_token": PARAM, "email": "jane@mail.example", "page": 2},
                effect=effect,
            )
            shown = repr(answer)
        except ConnectorError as error:
            shown = "".join(traceback.format_exception(error)) + repr(vars(error))
    assert "page=2" in seen[0].path
    assert not leaks(f"{shown} {seen} {shop!r} {vars(shop)} {caplog.text}")
    assert not any(record.name.startswith(("httpx", "httpcore")) for record in caplog.records)


def test_a_secret_that_is_only_sent_in_a_body_is_masked_in_the_error(vendor, client, whole_answer):
    body = json.dumps({"message": "secret canary-hook-5 is too short"}).encode()
    at = vendor(whole_answer(body, status=400)).url
    seen = []
    shop = client(at, secrets=[Secret("canary-hook-5")], observe=seen.append)
    with pytest.raises(RejectedError, match="is too short") as caught:
        shop.post("webhooks", json={"secret": "canary-hook-5"})
    assert "canary" not in f"{caught.value} {seen}" and MASK in str(caught.value)


def test_a_credential_cut_in_two_by_shortening_is_not_shown(vendor, client, whole_answer):
    for length in range(330, 400, 7):
        body = json.dumps({"message": "x" * length + " " + CANARIES[0]}).encode()
        shop = client(vendor(whole_answer(body, status=400)).url, auth=BasicAuth(KEY, SECRET))
        with pytest.raises(ConnectorError) as caught:
            shop.get("orders")
        assert "ck_" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "https://jane:hunter2@shop.example/",
        "https://x.example/?consumer_key=hunter2&page=1",
        "https://x.example/?page=1&oauth_signature=hunter2",
        "https://x.example/a?access_token=hunter2#x",
        "GET /?consumer_secret=hunter2 HTTP/1.1",
        "Authorization: Bearer hunter2hunter2",
        "authorization: basic aHVudGVyMjpodW50ZXIyhunter2",
        '{"password": "hunter2"}',
        '{"client_secret":"hun\\"hunter2"}',
        '{"refresh_token" : "hunter2"}',
        "key sk_live_hunter2hunter2",
        "key shpat_hunter2hunter2",
        "ck_hunter2hunter2hunter2",
        "mail hunter2@shop.example now",
        "mail hunter2%40shop.example now",
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    assert "hunter2" not in redact(text)
    assert MASK in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET shop.example/orders/7 answered 422: woocommerce_rest_invalid_id",
        "Invalid parameter(s): status",
        "tracking 1Z999AA10123456784 is not known",
        "ratio 12:30 + 4 = 16",
    ],
)
def test_what_is_no_secret_stays_readable(text):
    assert redact(text) == text


@pytest.mark.parametrize("run", ["x" * 200_000, "a." * 100_000, "+1" * 100_000, '"' * 200_000])
def test_redaction_takes_time_in_proportion(run):
    started = time.perf_counter()
    redact(run)
    assert time.perf_counter() - started < 1.0


def test_a_query_shows_values_of_known_harmless_names_only():
    query = "page=2&status%5B0%5D=any&search=Jane+Doe&brand_new_secret=x&after=2026-01-01"
    assert redact_query(query) == (
        f"page=2&status[0]=any&search={MASK}&brand_new_secret={MASK}&after=2026-01-01"
    )
    assert redact_url(f"https://u:p@shop.example/a?{query}").startswith("https://shop.example/a?")


def test_every_spelling_of_a_known_secret_is_masked():
    redactor = Redactor([Secret("p/w+1 =x")])
    spelled = ["p/w+1 =x", "p%2Fw%2B1%20%3Dx", "p%2Fw%2B1+%3Dx", "p\\/w+1 =x", "cC93KzEgPXg="]
    assert redactor(" | ".join(spelled)) == " | ".join([MASK] * len(spelled))
    assert "p/w" not in repr(redactor)


def test_an_empty_secret_masks_nothing():
    assert Redactor([Secret(""), Secret("abc")])("abc is fine") == "abc is fine"


def test_a_client_does_not_print_its_address_path_or_headers():
    with HttpClient("https://shop.example/private", headers={"X-T": TOKEN}) as shop:
        assert repr(shop) == "HttpClient(https://shop.example)"
