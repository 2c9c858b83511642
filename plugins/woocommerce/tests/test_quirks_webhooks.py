"""Line by line what was measured of webhooks; see `test_quirks.py`."""

import json

import pytest

from hub.sdk import Secret, SignatureError
from hub.testing.twins import running
from hub_woocommerce import webhooks
from plugins.woocommerce.tests.conftest import KEYS, TWIN
from plugins.woocommerce.tests.quirks import quirk

TRICKY = "whsec & < > \" '"


@pytest.fixture
def twin(tmp_path):
    """A shop whose webhooks leave when the test says so."""
    with running(TWIN, data=tmp_path / "twin.db", webhook_delay=3600) as twin:
        twin.freeze()
        yield twin


@pytest.fixture
def shop(twin, connect):
    return connect(twin.url, **KEYS, webhook_secret=Secret(TRICKY))


@pytest.fixture
def subscribe(shop, twin, receiver):
    """Subscribe to a topic through the connector, ping included."""

    def to(*topics):
        made = [shop.put_subscription(topic, receiver.url, Secret(TRICKY)) for topic in topics]
        twin.deliver()
        receiver.arrived.clear()
        return made[0]

    return to


def buy(twin, sku="HB-250", **more):
    return str(twin.action("place_order", lines=[{"sku": sku}], **more)["id"])


def told(shop, receiver):
    """What the connector makes of all that arrived, each verified."""
    found = []
    for one in receiver.arrived:
        shop.verify(one.request())
        found += shop.read(one.request())
    return found


@quirk("On create (active) Woo immediately POSTs a PING")
def test_the_unsigned_ping_is_let_in_and_means_nothing(shop, twin, receiver):
    receiver.status = 500
    made = shop.put_subscription("order.updated", receiver.url, Secret(TRICKY))
    assert made.active, "whatever became of the ping"
    twin.deliver()
    receiver.status = 200
    buy(twin, status="on-hold")
    twin.deliver()
    assert receiver.topics() == ["ping", "ping", "order.updated"]
    assert [one.topic for one in told(shop, receiver)] == ["order.updated"]
    with pytest.raises(SignatureError):
        forged = receiver.arrived[-1]
        shop.verify(type(forged)(forged.headers, forged.body + b" ").request())


@quirk("Delivery: JSON")
def test_a_signature_under_any_secret_is_checked_over_the_bytes(shop, twin, receiver, subscribe):
    subscribe("order.created")
    order = buy(twin)
    twin.deliver()
    (one,) = told(shop, receiver)
    assert (one.kind, one.external_id, one.deleted) == ("order", order, False)
    assert receiver.arrived[0].headers["User-Agent"].startswith("WooCommerce/10.5.0 Hookshot")


@quirk("Delivery: JSON")
def test_a_secret_typed_in_escaped_form_is_read_as_the_shop_reads_it(twin, connect, receiver):
    shop = connect(twin.url, **KEYS, webhook_secret=Secret("a &amp; b"))
    shop.put_subscription("order.created", receiver.url, Secret("a &amp; b"))
    buy(twin)
    twin.deliver()
    assert [one.kind for one in told(shop, receiver)] == ["order"]


@quirk("The secret is never returned")
def test_without_a_secret_of_ours_nothing_could_be_checked(shop, twin, receiver, vendor_data):
    theirs = {"topic": "order.created", "delivery_url": receiver.url}
    shop._shop.create("webhooks", theirs)
    twin.deliver()
    buy(twin)
    twin.deliver()
    with pytest.raises(SignatureError):
        shop.verify(receiver.arrived[-1].request())
    made = shop.put_subscription("order.created", receiver.url, Secret(TRICKY))
    buy(twin)
    twin.deliver()
    shop.verify(receiver.arrived[-1].request())
    shown = shop._shop.read(f"webhooks/{made.external_id}").json()
    path = vendor_data / "woocommerce" / "recordings" / "webhook_object.json"
    assert shown.keys() == json.loads(path.read_text("utf-8"))["body"].keys()
    assert "secret" not in shown


@quirk("X-WC-Webhook-Delivery-ID is NOT unique")
def test_a_shared_delivery_id_hides_no_order(shop, twin, receiver, subscribe):
    subscribe("order.created")
    orders = {buy(twin) for _ in range(20)}
    twin.deliver()
    shared = {one.headers["X-WC-Webhook-Delivery-ID"] for one in receiver.arrived}
    deliveries = told(shop, receiver)
    assert len(shared) == 1
    assert {one.external_id for one in deliveries} == orders
    assert len({one.dedupe_key for one in deliveries}) == len(orders)


@quirk("Payload is built at DELIVERY time")
def test_a_webhook_is_only_a_doorbell(shop, twin, receiver, subscribe):
    subscribe("order.created", "order.updated")
    order = buy(twin)
    for status in ("on-hold", "completed"):
        twin.action("edit_order", order_id=order, status=status)
    twin.deliver()
    assert receiver.topics() == ["order.created", "order.updated"], "three changes in one"
    assert {one.json()["status"] for one in receiver.arrived} == {"completed"}
    assert {one.external_id for one in told(shop, receiver)} == {order}


@quirk("order.deleted body")
def test_a_deletion_is_a_number_and_a_variation_rings_for_itself(shop, twin, receiver, subscribe):
    subscribe("order.deleted", "product.updated")
    order = buy(twin)
    twin.action("trash_order", order_id=order)
    twin.action("set_stock", sku="TEE-S", quantity=3)
    twin.deliver()
    bodies = {one.topic: one.json() for one in receiver.arrived}
    assert bodies["order.deleted"] == {"id": int(order)}
    assert bodies["product.updated"]["type"] == "variation"
    found = {one.topic: one for one in told(shop, receiver)}
    assert found["order.deleted"].deleted
    assert found["product.updated"].kind == "product"
    assert found["product.updated"].external_id == str(bodies["product.updated"]["id"])


@quirk("No retry of a failed delivery")
def test_a_webhook_switched_off_in_silence_is_found_mended_and_made_up_for(
    shop, twin, receiver, subscribe
):
    made = subscribe("order.created")
    pages = list(shop.pull_orders(None))
    twin.advance(120)
    receiver.status = 500
    lost = {buy(twin) for _ in range(9)}
    twin.deliver()
    assert len(receiver.arrived) == 9, "what was owed still went out, each once"
    (off,) = shop.list_subscriptions()
    assert (off.external_id, off.active) == (made.external_id, False)
    receiver.status, receiver.arrived[:] = 200, []
    assert shop.put_subscription(made.topic, made.address, Secret(TRICKY)).active
    order = buy(twin)
    twin.deliver()
    assert [one.external_id for one in told(shop, receiver)] == [order]
    raws = [raw for page in shop.pull_orders(pages[-1].cursor) for raw in page.items]
    assert lost <= {str(json.loads(raw)["id"]) for raw in raws}


@quirk("No retry of a failed delivery")
@pytest.mark.parametrize(("status", "active"), [(302, True), (303, False), (404, False)])
def test_a_redirect_counts_as_success(shop, twin, receiver, subscribe, status, active):
    subscribe("order.created")
    receiver.status = status
    for _ in range(8):
        buy(twin)
    twin.deliver()
    assert [one.active for one in shop.list_subscriptions()] == [active]
    assert len(receiver.arrived) == 8, "and is not followed"


@quirk("Timing: Action Scheduler")
def test_webhooks_wait_for_visitors_while_the_poll_already_knows(tmp_path, connect, receiver):
    with running(TWIN, data=tmp_path / "twin.db", cron=60) as twin:
        twin.freeze()
        shop = connect(twin.url, **KEYS, webhook_secret=Secret(TRICKY))
        shop.put_subscription("order.created", receiver.url, Secret(TRICKY))
        twin.deliver()  # the ping, or each order would ask for another one
        burst = {buy(twin) for _ in range(60)}
        twin.advance(300)
        assert twin.log.deliveries("order.created") == [], "nobody came"
        raws = [raw for page in shop.pull_orders(None) for raw in page.items]
        assert burst <= {str(json.loads(raw)["id"]) for raw in raws}
        assert len(burst) - len(twin.owed()) in (0, 1), "that visit set them going, one by one"
        twin.advance(10)
        twin.deliver()
        assert {one.external_id for one in told(shop, receiver)} == burst


@quirk("Stock WordPress will not deliver to loopback")
def test_a_shop_that_cannot_reach_us_says_nothing_of_it(tmp_path, connect, receiver):
    with running(TWIN, data=tmp_path / "twin.db", guard=1) as twin:
        shop = connect(twin.url, **KEYS)
        assert shop.put_subscription("order.created", receiver.url, Secret(TRICKY)).active
        for _ in range(7):
            buy(twin)
        twin.deliver()
        assert receiver.arrived == []
        assert [one.active for one in shop.list_subscriptions()] == [False]


@quirk("order: status, refund creation, meta PUT")
def test_later_versions_ring_for_a_deleted_refund(tmp_path, connect, receiver):
    options = {"webhook_delay": 3600, "tells_of_deleted_refunds": 1}
    with running(TWIN, data=tmp_path / "twin.db", **options) as twin:
        shop = connect(twin.url, **KEYS, webhook_secret=Secret(TRICKY))
        shop.put_subscription("order.updated", receiver.url, Secret(TRICKY))
        order = buy(twin)
        refund = twin.action("refund_order", order_id=order, amount="1.00")["id"]
        twin.deliver()
        receiver.arrived.clear()
        shop._shop.remove(f"orders/{order}/refunds/{refund}")
        twin.deliver()
        assert [one.external_id for one in told(shop, receiver)] == [order]


def test_every_topic_asked_for_is_one_the_shop_sends():
    assert {topic.partition(".")[0] for topic in webhooks.TOPICS} == {"order", "product"}
