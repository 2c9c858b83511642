"""A living WooCommerce 10.5 shop for demos and tests: its REST API, its quirks, its webhooks.

Options: `key`, `secret` (ck_twin, cs_twin), `read_key`, `read_secret` (a key that may not write),
`timezone`, `name`, `webhook_delay` in seconds, and those of `seed`. `cron` (seconds, 60 in most
shops): webhooks wait for a visit, and for the next run. `guard=1`: webhooks to private hosts never
leave. `paying_gateways` (stripe,…): they pay back when asked. `tells_of_deleted_refunds=1`: as
WooCommerce does since 11.2.
"""

from hub.testing.twins import Twin
from hub_woocommerce.twin.actions import ACTIONS
from hub_woocommerce.twin.app import build
from hub_woocommerce.twin.seed import seed
from hub_woocommerce.twin.webhooks import compose, posted
from hub_woocommerce.twin.witness import testify

twin = Twin(
    name="woocommerce",
    title="WooCommerce shop",
    build=build,
    seed=seed,
    actions=ACTIONS,
    compose=compose,
    posted=posted,
    connects=lambda url: {"url": url, "consumer_key": "ck_twin", "consumer_secret": "cs_twin"},
    second={"second": "1", "name": "Berlin shop", "paying_gateways": "stripe"},
    testify=testify,
    samples="woocommerce/store",
)
