"""What an operator does with a connection: policy, webhooks, leaving, pace; and a sync's retry."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.bootstrap import build
from hub.cli.running import engine_of
from hub.settings import Settings
from hub.testing.twins import RunningTwin
from tests.cli.conftest import Cli

PUBLIC = {"HUB_PUBLIC_URL": "https://hub.example"}


def test_who_wins_when_a_number_is_typed_at_the_shop_is_said_by_a_person(lived: Cli) -> None:
    line = ("connections", "stock-policy", "NYC", "channel_wins")
    assert lived.json(*line, "--dry-run")["changed"] is False
    assert lived.json("connections", "show", "NYC")["stock_policy"] == "hub_wins"
    assert lived.json(*line)["changed"] is True and lived.json(*line)["changed"] is False
    assert lived.json("connections", "show", "NYC")["stock_policy"] == "channel_wins"
    lived("connections", "stock-policy", "NYC", "nobody", code=2)


def test_the_webhooks_of_a_connection_are_shown_and_signed_anew(lived: Cli) -> None:
    line = ("connections", "webhooks", "NYC")
    alone = lived.json(*line)
    assert not alone["managed"] and {one["state"] for one in alone["topics"]} == {"unmanaged"}
    assert "HUB_PUBLIC_URL" in lived(*line, "--rotate", code=5).err
    assert lived.json(*line, "--rotate", "--dry-run", **PUBLIC)["rotated"] is False
    turned = lived.json(*line, "--rotate", **PUBLIC)
    assert turned["rotated"] and turned["previous_believed_until"]
    assert {one["state"] for one in turned["topics"]} == {"wanted"}
    assert lived.json(*line, "--leaked", "--dry-run")["previous_believed_until"]
    leaked = lived.json(*line, "--leaked")
    assert leaked["distrusted"] and leaked["previous_believed_until"] is None
    assert "No old secret was believed" in lived(*line, "--leaked").err


def test_a_vendor_is_left_only_when_somebody_agrees(lived: Cli) -> None:
    line = ("connections", "disconnect", "NYC", "--reason", "closed")
    lived(*line, code=2)
    assert lived.json(*line, "--dry-run")["left_behind"] == ""
    assert lived.json("connections", "show", "NYC")["connection"]["state"] == "active"
    assert lived.json(*line, "--yes")["state"] == "disabled"
    shown = lived.json("connections", "show", "NYC")["connection"]
    assert (shown["state"], shown["reason"]) == ("disabled", "closed")
    lived("sync", "NYC", code=5)
    lived("connections", "resume", "NYC")
    assert lived.json("connections", "show", "NYC")["connection"]["state"] == "active"


def test_webhooks_that_could_not_be_removed_are_told(lived: Cli, shop: RunningTwin) -> None:
    shop.fault("down")
    try:
        said = lived("connections", "disconnect", "NYC", "--yes", "--json", code=7, **PUBLIC)
    finally:
        shop.clear()
    assert "could not be removed" in said.data["left_behind"] and "own settings" in said.err


def test_a_vendor_that_is_left_alone_is_shown_with_its_reason(lived: Cli) -> None:
    now = datetime.now(UTC)
    opened, probe = (f"{at:%Y-%m-%d %H:%M:%S}.000000" for at in (now, now + timedelta(minutes=1)))
    (shop,) = lived.sql("SELECT id FROM connection WHERE code = 'NYC'")
    lived.sql(
        "INSERT INTO pacing VALUES (?, 1, ?, 0.25, ?, ?, ?, ?, 2, 'not_sent')",
        *shop, opened, opened, probe, opened, probe,
    )  # fmt: skip
    pacing = lived.json("connections", "show", "NYC")["pacing"]
    assert 0.25 <= pacing["share"] < 0.5 and pacing["patient_until"] and pacing["probe_at"]
    assert "left alone since" in lived("connections", "show", "NYC").out
    (row, *_) = lived.json("connections", "list")
    assert row["health"]["word"] == "failing"
    assert "could not be reached" in row["health"]["troubles"][0]["sentence"]


def test_a_pull_that_failed_before_is_taken_again_by_the_next_sync(
    lived: Cli, shop: RunningTwin
) -> None:
    lived("sync", "NYC", "--no-follow")
    lived.sql("UPDATE sync_job SET attempt = 2, last_error_text = '503' WHERE state = 'ready'"
              " AND kind = 'pull_orders'")  # fmt: skip
    shop.fault("down", path=".*orders.*")
    try:
        said = lived("sync", "NYC", code=6)
    finally:
        shop.clear()
    assert "is tried again at" in said.err
    ((attempt,),) = lived.sql("SELECT attempt FROM sync_job WHERE state = 'ready'"
                              " AND kind = 'pull_orders'")  # fmt: skip
    assert attempt == 3, "the due job was done, and failed again"
    assert "not understood" in lived("sync", "NYC", code=7).err, "the vendor is back"


@pytest.mark.parametrize("works", [True, False])
def test_a_relay_plans_what_an_older_hub_did_not_know_of(lived: Cli, works: bool) -> None:
    lived.sql("DELETE FROM schedule WHERE name NOT LIKE 'pull%'")
    plan(lived, works)
    planned = {one["name"] for one in lived.json("schedule", "list")}
    assert planned > {
        "audit_webhooks", "compare_shop", "expire_reservations", "forget_jobs", "watch_health",
    }  # fmt: skip


def test_a_connection_whose_plugin_is_gone_does_not_keep_the_hub_from_starting(lived: Cli) -> None:
    lived.sql("UPDATE connection SET connector = 'gone' WHERE code = 'NYC'")
    plan(lived, works=True)


def plan(lived: Cli, works: bool) -> None:
    system = build(Settings(home=lived.home))
    try:
        engine_of(system, works=works, relays=True)
    finally:
        system.close()
