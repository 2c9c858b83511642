"""Buying by commands: from a price list to goods on the shelf, every step as JSON."""

import json
from pathlib import Path

import pytest

from hub.cli.buying import came
from hub.cli.exits import UsageError
from hub.records.stock import Bucket
from tests.cli.conftest import Cli


@pytest.fixture
def buying(lived: Cli, tmp_path: Path) -> Cli:
    """The hub that has lived a little, with a supplier of HB-250 and a policy."""
    added = lived.json("suppliers", "add", "ACME", "--title", "Acme", "--currency", "USD",
                       "--email", "ada@acme.example")  # fmt: skip
    assert added["new"] is True
    prices = tmp_path / "prices.csv"
    prices.write_text("sku,prices,moq,pack\nHB-250,1:4.00 500:3.50,12,6\n")
    assert lived.json("suppliers", "import", "ACME", str(prices))["new"] == 1
    policy = {"defaults": {"rule": "min_max", "minimum": 900, "maximum": 1000}}
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    lived("rules", "apply", "reorder_policy", str(tmp_path / "policy.json"))
    return lived


def test_from_a_price_list_to_goods_on_the_shelf(buying: Cli, tmp_path: Path) -> None:
    hub = buying
    before = hub.json("inventory", "show", "HB-250")["stock"]["available"]
    ahead = hub.json("proposals", "plan", "--dry-run")
    assert [one["sku"] for one in ahead] == ["HB-250"]
    assert hub.json("proposals", "list") == []
    assert hub.json("proposals", "plan")["proposed"] == 1
    assert hub.json("proposals", "plan")["unchanged"] == 1
    why = hub.json("proposals", "show", "HB-250")
    assert why["why"]["position"] == ahead[0]["position"] and why["proposal"]["quantity"] % 6 == 0
    assert "at or below the minimum" in hub("proposals", "show", "HB-250").out
    assert "the next is 18" in hub("proposals", "edit", "HB-250", "13", code=5).err
    assert hub.json("proposals", "edit", "HB-250", "60")["quantity"] == 60
    (number,) = hub.json("proposals", "approve", "HB-250", "--order")["orders"]
    assert hub.json("proposals", "order")["orders"] == []
    assert "must be one of: approved" in hub("purchases", "send", number, code=5).err
    hub.json("purchases", "approve", number, "--dry-run")
    hub.json("purchases", "approve", number)
    assert "no connected mail" in hub("purchases", "send", number, code=5).err
    written = hub.json("purchases", "send", number, "--out", str(tmp_path))["files"]
    assert [Path(one).read_bytes()[:5] for one in written] == [b"%PDF-", b"order"]
    assert len(hub.json("purchases", "pdf", number, "--out", str(tmp_path))["files"]) == 2
    hub.json("purchases", "send", number, "--sent")
    hub.json("purchases", "ack", number, "--expected", "20d", "--reference", "SO-7")
    hub.json("purchases", "announce", number, "DN-1", "HB-250=30", "--expected", "5d")
    hub.json("purchases", "delivery", number, "DN-1", "in_transit")
    done = hub.json("purchases", "receive", number, "HB-250=27", "HB-250=3:damaged",
                    "--delivery", "DN-1", "--command-id", "scan-1")  # fmt: skip
    assert (done["receipt"]["damaged"], done["receipt"]["state"]) == (3, "partially_received")
    again = hub("purchases", "receive", number, "HB-250=27", "--command-id", "scan-1")
    assert "carried out before" in again.err
    assert hub.json("inventory", "show", "HB-250")["stock"]["available"] == before + 27
    hub.json("purchases", "invoice", number, "HB-250=30")
    hub.json("purchases", "hold", number, "--reason", "price?")
    hub.json("purchases", "release", number)
    assert hub.json("purchases", "cancel", number, "--reason", "late")["cancelled"] == 30
    hub.json("purchases", "close", number)
    shown = hub.json("purchases", "show", number)
    assert shown["order"]["state"] == "closed" and len(shown["receipts"]) == 2
    assert "damaged" in hub("purchases", "show", number).out
    (card, _) = hub.json("suppliers", "scorecard", "ACME")
    assert (card["card"]["deliveries"], card["card"]["fill_rate"]) == (1, 0.45)
    assert all(one["holds"] for one in hub.json("inventory", "verify"))


def test_what_people_decide_is_kept_and_what_is_not_there_ends_with_3(buying: Cli) -> None:
    hub = buying
    hub.json("proposals", "plan")
    hub.json("proposals", "dismiss", "HB-250", "--reason", "last season", "--until", "30d")
    assert hub.json("proposals", "plan")["left"] == 1
    assert hub.json("proposals", "list", "--state", "dismissed")[0]["reason"] == "last season"
    number = hub.json("purchases", "create", "ACME", "HB-250=12")["order"]
    hub.json("purchases", "approve", number)
    hub.json("purchases", "send", number, "--sent")
    hub.json("purchases", "lose", number, "--reason", "sank")
    assert hub.json("purchases", "list", "--state", "lost")[0]["number"] == number
    hub.json("suppliers", "sells", "ACME", "HB-250", "4.10", "--primary")
    shown = hub.json("suppliers", "show", "ACME")
    assert shown["contact"] == "sealed" and shown["items"][0]["prices"] == "1:4.10"
    assert hub.json("suppliers", "show", "ACME", "--reveal")["contact"] == "ada@acme.example"
    hub.json("suppliers", "drop", "ACME", "HB-250")
    assert hub.json("suppliers", "items", "ACME") == []
    for line in ("suppliers show GHOST", "purchases show PO-9", "proposals show GHOST",
                 "purchases create ACME HB-250=1", "suppliers sells GHOST HB-250 1"):  # fmt: skip
        hub(*line.split(), code=3)
    for line in ("purchases create ACME HB-250", "proposals approve"):
        hub(*line.split(), code=2)


def test_units_are_read_with_their_bucket() -> None:
    good, wet = came(["A:B=5", "A=2:damaged"], "wet")
    assert (good.sku, good.units, good.bucket, good.note) == ("A:B", 5, None, "")
    assert (wet.sku, wet.units, wet.bucket, wet.note) == ("A", 2, Bucket.DAMAGED, "wet")
    for wrong in ("A=2:broken", "A=0", "A"):
        with pytest.raises(UsageError):
            came([wrong])
