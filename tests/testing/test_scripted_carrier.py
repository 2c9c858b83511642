"""The scripted carrier: what becomes of a label when its answer is lost, in all four flavours."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pypdf import PdfReader

from hub.sdk import (
    CAPABILITIES,
    AuthError,
    BuyLabel,
    ConfigError,
    Connector,
    LabelRequest,
    NotSentError,
    Opening,
    Package,
    Party,
    QuoteRates,
    RateLimitedError,
    RejectedError,
    Secret,
    TrackingCode,
    TrackParcels,
    TransientError,
    UnknownOutcomeError,
    VoidLabel,
)
from hub.sdk.config import check_config, secret_fields
from hub.sdk.http import AllowedAddresses, HttpClient, HttpLimits
from hub.testing.carrier import CONNECTORS, ScriptedCarrier, hub_connectors
from hub.testing.carrier.flavours import FLAVOURS, SETTLE
from hub.testing.carrier.witness import bought_twice, live_labels
from hub.testing.twins import RunningTwin, load_twin, running, spawned

BY_FLAVOUR = {
    flavour.name: connector for flavour, connector in zip(FLAVOURS, CONNECTORS, strict=True)
}
KEYED = ("key_and_lookup", "key_only")
UNKEYED = ("lookup_only", "neither")
LISTED = ("key_and_lookup", "lookup_only")
ALL = tuple(BY_FLAVOUR)

HOME = Party(name="Depot", street=("Hafen 1",), city="Bremen", postal_code="28195", country="DE")
AWAY = Party(name="山田", street=("Ring 2",), city="Wien", postal_code="1010", country="AT")


def request(grams: int = 900, **changes: Any) -> LabelRequest:
    parts = {"reference": "NYC-1001", "ship_from": HOME, "ship_to": AWAY} | changes
    return LabelRequest(package=Package(weight_g=grams), **parts)


def opened(
    connector: Connector, url: str, token: str = "scripted-token", patience: float = 5.0
) -> ScriptedCarrier:
    address = urlsplit(url).netloc

    def http(base_url: str, **options: Any) -> HttpClient:
        allow = AllowedAddresses.parse([address])
        limits = HttpLimits(read=patience, total=patience)
        return HttpClient(base_url, allow=allow, limits=limits, **options)

    config = {"base_url": url, "token": Secret(token)}
    carrier = connector.factory(Opening("c1", config, http))
    assert isinstance(carrier, ScriptedCarrier)
    return carrier


@pytest.fixture
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningTwin]:
    flavour = getattr(request, "param", "key_and_lookup")
    connector = BY_FLAVOUR[flavour]
    assert connector.twin is not None
    with running(connector.twin, data=tmp_path / "twin.db") as twin:
        twin.freeze()
        yield twin


@pytest.fixture
def carrier(twin: RunningTwin, request: pytest.FixtureRequest) -> ScriptedCarrier:
    flavour = (
        request.node.callspec.params.get("twin") if hasattr(request.node, "callspec") else None
    )
    return opened(BY_FLAVOUR[flavour or "key_and_lookup"], twin.url)


def flavours(names: tuple[str, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("twin", names, indirect=True)


# -- what it says of itself --------------------------------------------------------------------


def test_there_is_one_connector_for_each_flavour() -> None:
    assert [connector.name for connector in hub_connectors()] == [
        "scripted-key-and-lookup",
        "scripted-key-only",
        "scripted-lookup-only",
        "scripted-neither",
    ]


@pytest.mark.parametrize("connector", CONNECTORS, ids=ALL)
def test_every_capability_of_the_family_is_provided_or_refused_in_words(
    connector: Connector,
) -> None:
    assert {*connector.provides, *connector.lacks} == set(CAPABILITIES["carrier"])
    carrier = opened(connector, "http://127.0.0.1:9")
    kinds = (QuoteRates, BuyLabel, VoidLabel, TrackParcels)
    assert all(isinstance(carrier, kind) for kind in kinds)


def test_the_traits_are_those_of_the_flavour() -> None:
    said = [connector.effects[BuyLabel] for connector in CONNECTORS]
    assert [(bool(traits.key_retention), traits.lookup) for traits in said] == [
        (True, True), (True, False), (False, True), (False, False),
    ]  # fmt: skip
    assert {traits.settle for traits in said} == {timedelta(seconds=864)}


def test_the_token_is_a_secret() -> None:
    schema = CONNECTORS[0].config_schema
    assert secret_fields(schema) == {"token"}
    with pytest.raises(ConfigError, match="set token"):
        check_config(schema, {"base_url": "http://127.0.0.1:1"})


def test_every_twin_loads_from_its_import_string() -> None:
    names = [load_twin(connector.twin or "").name for connector in CONNECTORS]
    assert names == [connector.name for connector in CONNECTORS]


@flavours(ALL)
def test_the_account_opens(carrier: ScriptedCarrier) -> None:
    assert carrier.check().currency == "EUR"


def test_a_carrier_of_another_flavour_is_refused(twin: RunningTwin) -> None:
    with pytest.raises(ConfigError, match="is key_and_lookup, not neither"):
        opened(BY_FLAVOUR["neither"], twin.url).check()


def test_a_wrong_token_is_named_as_such(twin: RunningTwin) -> None:
    with pytest.raises(AuthError, match="token"):
        opened(CONNECTORS[0], twin.url, token="stale").check()


def test_a_revoked_token_buys_nothing(twin: RunningTwin, carrier: ScriptedCarrier) -> None:
    twin.fault("revoked")
    with pytest.raises(AuthError):
        carrier.buy_label(request(), key="k1")
    assert live_labels(twin.log) == {}


# -- the plain life of a parcel ----------------------------------------------------------------


@flavours(ALL)
def test_rates_come_cheapest_first_and_by_weight(carrier: ScriptedCarrier) -> None:
    light, heavy = carrier.quote_rates(request()), carrier.quote_rates(request(20_000))
    assert [f"{rate.service} {rate.cost}" for rate in light] == [
        "economy 4.20 EUR",
        "express 9.80 EUR",
    ]
    assert [rate.service for rate in heavy] == ["express"]


@flavours(ALL)
def test_a_label_is_bought_once_and_printed(twin: RunningTwin, carrier: ScriptedCarrier) -> None:
    label = carrier.buy_label(request(), key="k1")
    assert (label.external_id, label.service, str(label.cost)) == (
        "LBL-000001",
        "economy",
        "4.20 EUR",
    )
    said = PdfReader(BytesIO(label.document), strict=True).pages[0].extract_text()
    assert said == f"LBL-000001 {label.tracking_number}"
    assert live_labels(twin.log) == {"k1": ("LBL-000001",)}


@flavours(ALL)
@pytest.mark.parametrize(
    "bad",
    [{"service": "balloon"}, {"grams": 40_000}, {"ship_to": Party(country="AT")}, {"grams": 0}],
)
def test_a_refused_parcel_is_refused_with_the_carriers_reason(
    twin: RunningTwin, carrier: ScriptedCarrier, bad: dict[str, Any]
) -> None:
    with pytest.raises(RejectedError, match=r"service|address|weighs"):
        carrier.buy_label(request(**bad), key="k1")
    assert live_labels(twin.log) == {}


@flavours(KEYED)
def test_a_corrected_parcel_may_use_the_key_of_the_refused_one(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    with pytest.raises(RejectedError):
        carrier.buy_label(request(service="balloon"), key="k1")
    carrier.buy_label(request(), key="k1")
    assert live_labels(twin.log) == {"k1": ("LBL-000001",)}


def test_a_voided_label_is_no_longer_alive_and_voiding_again_changes_nothing(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    label = carrier.buy_label(request(), key="k1")
    for _ in range(2):
        assert carrier.void_label(label.external_id, key="v1").external_id == label.external_id
    assert live_labels(twin.log) == {}
    assert len(twin.log.effects("label_voided")) == 1
    assert carrier.find_label(request(), key="k1") is None


def test_a_parcel_on_its_way_cannot_be_voided(twin: RunningTwin, carrier: ScriptedCarrier) -> None:
    label = carrier.buy_label(request(), key="k1")
    twin.advance(3600)
    with pytest.raises(RejectedError, match="on its way"):
        carrier.void_label(label.external_id, key="v1")


@pytest.mark.parametrize("id", ["LBL-9", "a/b", "ü?x=1#y"])
def test_a_label_nobody_bought_cannot_be_voided(carrier: ScriptedCarrier, id: str) -> None:
    with pytest.raises(RejectedError) as refusal:
        carrier.void_label(id, key="v1")
    assert refusal.value.code == "not_found"


def test_a_parcel_advances_along_the_script_on_the_virtual_clock(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    number = carrier.buy_label(request(), key="k1").tracking_number
    seen = [carrier.track_parcel(number)]
    for hours in (1, 5, 24, 6):
        twin.advance(hours * 3600)
        seen.append(carrier.track_parcel(number))
    assert [len(scans) for scans in seen] == [0, 1, 2, 3, 4]
    assert [scan.code for scan in seen[-1]] == [
        TrackingCode.ACCEPTED,
        TrackingCode.IN_TRANSIT,
        TrackingCode.OUT_FOR_DELIVERY,
        TrackingCode.DELIVERED,
    ]
    assert seen[-1][3].occurred_at == twin.now()
    assert seen[-1][:1] == seen[1]


def test_one_parcel_may_have_a_script_of_its_own_and_a_code_nobody_knows(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    lost, usual = (carrier.buy_label(request(), key=key).tracking_number for key in ("k1", "k2"))
    steps = [{"after": 0, "code": "LST"}, {"after": 1, "code": "UFO", "text": "Abducted"}]
    twin.action("script", number=lost, steps=steps)
    twin.advance(1)
    scans = carrier.track_parcel(lost)
    assert [scan.code for scan in scans] == [TrackingCode.LOST, TrackingCode.UNKNOWN]
    assert (scans[1].carrier_code, scans[1].text) == ("UFO", "Abducted")
    assert carrier.track_parcel(usual) == ()


# -- the answer is lost ------------------------------------------------------------------------


@flavours(KEYED)
def test_with_keys_a_repeat_after_a_lost_answer_buys_nothing_new(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    twin.fault("timeout_after")
    with pytest.raises(UnknownOutcomeError):
        carrier.buy_label(request(), key="k1")
    label = carrier.buy_label(request(), key="k1")
    assert live_labels(twin.log) == {"k1": (label.external_id,)}


@flavours(UNKEYED)
def test_without_keys_a_blind_repeat_buys_twice_and_the_witness_says_so(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    twin.fault("timeout_after")
    with pytest.raises(UnknownOutcomeError):
        carrier.buy_label(request(), key="k1")
    carrier.buy_label(request(), key="k1")
    assert bought_twice(twin.log) == {"k1": ("LBL-000001", "LBL-000002")}


@flavours(LISTED)
def test_with_look_up_a_lost_label_is_found_with_its_document(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    assert carrier.find_label(request(), key="k1") is None
    twin.fault("error_after", status=502)
    with pytest.raises(UnknownOutcomeError):
        carrier.buy_label(request(), key="k1")
    found = carrier.find_label(request(), key="k1")
    assert found is not None and found.document.startswith(b"%PDF-")
    assert carrier.find_label(request(), key="k2") is None
    assert live_labels(twin.log) == {"k1": (found.external_id,)}


@flavours(("lookup_only",))
def test_two_labels_under_one_reference_are_never_taken_for_one(
    carrier: ScriptedCarrier,
) -> None:
    for _ in range(2):
        carrier.buy_label(request(), key="k1")
    with pytest.raises(UnknownOutcomeError, match="2 labels carry this reference"):
        carrier.find_label(request(), key="k1")


@flavours(("key_only", "neither"))
def test_a_carrier_without_look_up_has_no_list(twin: RunningTwin, carrier: ScriptedCarrier) -> None:
    assert carrier.find_label(request(), key="k1") is None
    assert twin.log.answers("GET", "/labels") == []  # it was not even asked
    client = HttpClient(
        twin.url,
        allow=AllowedAddresses.parse([urlsplit(twin.url).netloc]),
        headers={"authorization": "Bearer scripted-token"},
    )
    with pytest.raises(RejectedError, match="cannot be listed"):
        client.get("/labels", params={"reference": "k1"})


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "reset"}, UnknownOutcomeError),
        ({"kind": "error_before", "status": 500}, UnknownOutcomeError),
        ({"kind": "down"}, UnknownOutcomeError),
        ({"kind": "html"}, UnknownOutcomeError),
        ({"kind": "truncated"}, UnknownOutcomeError),
        ({"kind": "malformed"}, UnknownOutcomeError),
        ({"kind": "rate_limit", "retry_after": 7}, RateLimitedError),
        ({"kind": "refuse", "status": 400}, RejectedError),
        ({"kind": "error_after", "status": 409, "body": "{}"}, UnknownOutcomeError),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_only_a_proven_refusal_is_a_refusal(
    twin: RunningTwin, carrier: ScriptedCarrier, fault: dict[str, Any], error: type[Exception]
) -> None:
    twin.fault(**fault)
    with pytest.raises(error) as raised:
        carrier.buy_label(request(), key="k1")
    assert type(raised.value) is error


def test_a_purchase_that_never_left_is_known_not_to_have_left(tmp_path: Path) -> None:
    with running("hub.testing.carrier.twin:twin", data=tmp_path / "twin.db") as gone:
        url = gone.url
    with pytest.raises(NotSentError):
        opened(CONNECTORS[0], url).buy_label(request(), key="k1")


def test_a_success_that_is_not_understood_leaves_the_outcome_unknown(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    label = carrier.buy_label(request(), key="k1")
    kept = twin.document("key", "k1")
    twin.merge("key", "k1", body=kept["body"] | {"currency": "QQQ"})
    with pytest.raises(UnknownOutcomeError, match="bought, but not understood"):
        carrier.buy_label(request(), key="k1")
    assert live_labels(twin.log) == {"k1": (label.external_id,)}


# -- keys --------------------------------------------------------------------------------------


def test_a_key_used_for_another_parcel_proves_nothing_and_buys_nothing(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    carrier.buy_label(request(), key="k1")
    with pytest.raises(UnknownOutcomeError, match="other parameters"):
        carrier.buy_label(request(901), key="k1")
    assert live_labels(twin.log) == {"k1": ("LBL-000001",)}


def test_a_key_is_forgotten_after_its_retention(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    carrier.buy_label(request(), key="k1")
    twin.advance(24 * 3600 - 1)
    carrier.buy_label(request(), key="k1")
    assert bought_twice(twin.log) == {}
    twin.advance(1)
    carrier.buy_label(request(), key="k1")
    assert bought_twice(twin.log) == {"k1": ("LBL-000001", "LBL-000002")}


@pytest.mark.parametrize("applied", [True, False])
def test_a_stored_error_is_replayed_whether_or_not_the_label_was_bought(
    twin: RunningTwin, carrier: ScriptedCarrier, applied: bool
) -> None:
    twin.action("stored_error", status=500, applied=applied)
    for _ in range(3):
        with pytest.raises(UnknownOutcomeError, match="Something went wrong"):
            carrier.buy_label(request(), key="k1")
    assert live_labels(twin.log) == ({"k1": ("LBL-000001",)} if applied else {})
    found = carrier.find_label(request(), key="k1")
    assert (found is not None) == applied


# -- late --------------------------------------------------------------------------------------


@flavours(KEYED)
def test_a_late_purchase_answers_in_progress_and_then_as_bought(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    twin.action("late_apply", seconds=600)
    with pytest.raises(UnknownOutcomeError, match="504"):
        carrier.buy_label(request(), key="k1")
    with pytest.raises(UnknownOutcomeError, match="still at work"):
        carrier.buy_label(request(), key="k1")
    assert live_labels(twin.log) == {}
    twin.advance(600)
    label = carrier.buy_label(request(), key="k1")
    assert live_labels(twin.log) == {"k1": (label.external_id,)}


@flavours(LISTED)
def test_a_look_up_before_the_settle_window_ends_may_come_too_early(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    twin.action("late_apply", seconds=600)
    twin.action("listing_lag", seconds=120)
    with pytest.raises(UnknownOutcomeError):
        carrier.buy_label(request(), key="k1")
    twin.advance(719)
    assert carrier.find_label(request(), key="k1") is None
    twin.advance(SETTLE.total_seconds() - 719)
    assert carrier.find_label(request(), key="k1") is not None


@flavours(("lookup_only",))
def test_buying_again_before_the_settle_window_ends_buys_twice(
    twin: RunningTwin, carrier: ScriptedCarrier
) -> None:
    twin.action("late_apply", seconds=600)
    with pytest.raises(UnknownOutcomeError):
        carrier.buy_label(request(), key="k1")
    carrier.buy_label(request(), key="k1")
    twin.advance(600)
    assert twin.action("settle") == 1
    assert len(bought_twice(twin.log)["k1"]) == 2


def test_a_degraded_list_is_not_an_empty_one(twin: RunningTwin, carrier: ScriptedCarrier) -> None:
    carrier.buy_label(request(), key="k1")
    twin.fault("error_before", status=503, method="GET", path="^/labels")
    with pytest.raises(TransientError):
        carrier.find_label(request(), key="k1")
    assert carrier.find_label(request(), key="k1") is not None


@pytest.mark.slow
def test_keys_and_late_purchases_survive_a_killed_carrier(tmp_path: Path) -> None:
    data = tmp_path / "twin.db"
    with spawned("hub.testing.carrier.twin:key_and_lookup", data=data) as twin:
        carrier = opened(BY_FLAVOUR["key_and_lookup"], twin.url)
        first = carrier.buy_label(request(), key="k1")
        twin.action("late_apply", seconds=600)
        with pytest.raises(UnknownOutcomeError):
            carrier.buy_label(request(), key="k2")
        twin.kill()
        twin.start()
        assert carrier.buy_label(request(), key="k1") == first
        twin.advance(600)
        assert carrier.find_label(request(), key="k2") is not None
        assert bought_twice(twin.log) == {}
