"""The stockroom on the command line: locations, transfers, counts, kits, supply and lists."""

from pathlib import Path
from typing import Any

from tests.cli.conftest import Cli


def on_hand(hub: Cli, sku: str = "HB-250") -> dict[str, int]:
    return {row["location"]: row["on_hand"] for row in hub.json("inventory", "show", sku)["levels"]}


def east(hub: Cli) -> None:
    hub("locations", "add", "EAST", "--title", "East", "--country", "US", "--priority", "5")


def test_a_location_is_added_changed_and_closed(lived: Cli) -> None:
    add = ("locations", "add", "EAST", "--title", "East", "--country")
    lived(*add, "Germany", code=2)
    lived(*add, "US", "--dry-run")
    lived(*add, "US", "--priority", "5", "--city", "Albany")
    lived(*add, "US", code=2)
    assert [row["code"] for row in lived.json("locations", "list")] == ["EAST", "MAIN"]
    changed = lived.json("locations", "change", "EAST", "--title", "East side", "--kind", "store")
    assert (changed["title"], changed["city"], changed["kind"]) == ("East side", "Albany", "store")
    lived("locations", "change", "MAIN", "--state", "closed", code=5)
    lived("locations", "change", "MOON", "--title", "Moon", code=3)


def test_bins_are_filled_and_walked(lived: Cli) -> None:
    lived("locations", "put", "MAIN", "HB-250", "A-01", "--dry-run")
    lived("locations", "put", "MAIN", "HB-250", "A-01")
    lived("locations", "put", "MAIN", "MUG-SET", "A-02")
    lived("locations", "walk", "MAIN", "A-02")
    rows = lived.json("locations", "bins", "MAIN")
    assert [(row["code"], row["skus"]) for row in rows] == [
        ("A-02", ["MUG-SET"]), ("A-01", ["HB-250"]),
    ]  # fmt: skip
    lived("locations", "walk", "MAIN", "Z-9", code=3)
    assert lived.json("inventory", "show", "HB-250")["levels"][0]["bin"] == "A-01"


def test_a_transfer_is_sent_and_received(lived: Cli) -> None:
    east(lived)
    before = on_hand(lived)["MAIN"]
    send = ("transfers", "send", "MAIN", "EAST", "HB-250=2")
    assert lived.json(*send, "--dry-run")["number"] is None
    number = lived.json(*send, "--expected", "2d")["number"]
    (line,) = lived.json("transfers", "list")
    assert (line["sku"], line["sent"], line["target"]) == ("HB-250", 2, "EAST")
    assert lived.json("inventory", "incoming", "HB-250")[0]["units"] == 2
    got = lived.json("transfers", "receive", number, "HB-250=1", "--close")
    assert got["moved"] and on_hand(lived) == {"EAST": 1, "MAIN": before - 2}
    assert lived.json("transfers", "list", number)[0]["missing"] == 1
    lived("transfers", "receive", number, "HB-250=1", code=5)
    lived("transfers", "receive", "T-1", "HB-250=1", code=3)
    lived("transfers", "send", "MAIN", "EAST", "HB-250", code=2)
    lived("inventory", "verify")


def test_a_count_goes_from_start_to_approval(lived: Cli) -> None:
    real = on_hand(lived)["MAIN"]
    number = lived.json("counts", "start", "MAIN", "HB-250", "--by", "Ada")["number"]
    enter = ("counts", "enter", number, f"HB-250={real + 3}")
    assert lived.json(*enter, "--dry-run")["verdicts"] == {}
    assert lived.json(*enter)["verdicts"] == {"HB-250": "recount"}
    (line,) = lived.json("counts", "list")
    assert (line["state"], line["counted"]) == ("recount", [real + 3]) and "book" not in line
    assert lived.json(*enter)["verdicts"] == {"HB-250": "approve"}
    assert lived.json("counts", "approve", number, "HB-250", "--by", "Grace")["booked"] == 3
    assert on_hand(lived)["MAIN"] == real + 3 and lived.json("counts", "list") == []
    other = lived.json("counts", "start", "MAIN")["number"]
    assert lived.json("counts", "leave", other)["left"] > 1


def test_units_are_received_set_aside_thrown_away_and_taken_back(lived: Cli) -> None:
    real = on_hand(lived)["MAIN"]
    lived("inventory", "receive", "HB-250", "4", "--reason", "delivery", "--into", "damaged")
    lived("inventory", "receive", "HB-250", "1", "--reason", "x", "--into", "lost", code=2)
    move = ("inventory", "move", "HB-250", "1", "damaged", "good", "--reason", "not so bad")
    assert not lived.json(*move, "--dry-run")["moved"] and lived.json(*move)["moved"]
    lived("inventory", "scrap", "HB-250", "2", "--reason", "torn")
    shown = lived.json("inventory", "show", "HB-250")
    assert shown["levels"][0]["buckets"] == {"damaged": 1}
    assert shown["stock"]["on_hand"] == real + 2 == shown["levels"][0]["on_hand"]
    last = shown["movements"][0]
    assert last["kind"] == "scrap"
    assert lived.json("inventory", "reverse", last["id"], "--reason", "found")["reversed"]
    assert not lived.json("inventory", "reverse", last["id"], "--reason", "found")["reversed"]
    lived("inventory", "reverse", "nothing", "--reason", "x", code=3)
    assert on_hand(lived)["MAIN"] == real + 4
    lived("inventory", "verify")


def test_selling_beyond_stock_is_said_and_seen(lived: Cli) -> None:
    free = lived.json("inventory", "show", "HB-250")["stock"]["available"]
    lived("inventory", "policy", "HB-250", "backorder", code=5)
    lived("inventory", "policy", "HB-250", "backorder", "--cap", "7")
    assert lived.json("inventory", "show", "HB-250")["stock"]["available"] == free + 7
    lived("inventory", "buffer", "NYC", "2")
    lived("inventory", "buffer", "NYC", "many", code=2)
    expect = ("inventory", "expect", "HB-250", "10", "--on", "3d", "--sure", "50")
    source = lived.json(*expect)["source"]

    def promised(by: str) -> Any:
        (row,) = lived.json("inventory", "promise", "HB-250", "--by", by)
        return row["shown_now"], row["promised"]

    assert promised("2d") == (free + 5, free - 2)
    assert promised("4d") == (free + 5, free + 3)
    lived("inventory", "incoming", "--forget", source)
    assert lived.json("inventory", "incoming") == []


def test_a_kit_is_defined_and_assembled(lived: Cli) -> None:
    lived("kits", "define", "HB-250", "MUG-SET=2", code=5)  # it has units of its own
    assert lived.json("kits", "define", "HB-250", "MUG-SET=2", "--beforehand", "--dry-run")
    lived("kits", "define", "HB-250", "MUG-SET=2", "--beforehand")
    before, mugs = on_hand(lived)["MAIN"], on_hand(lived, "MUG-SET")["MAIN"]
    assert lived.json("kits", "assemble", "HB-250", "1")["moved"]
    assert (on_hand(lived)["MAIN"], on_hand(lived, "MUG-SET")["MAIN"]) == (before + 1, mugs - 2)
    lived("kits", "disassemble", "HB-250", "1")
    (kit,) = lived.json("kits", "list")
    assert (kit["put_together"], kit["components"]) == ("beforehand", {"MUG-SET": 2})
    lived("kits", "define", "HB-250")
    assert lived.json("kits", "list") == []


def test_a_list_is_shown_then_booked_then_undone(lived: Cli, tmp_path: Path) -> None:
    real = on_hand(lived)["MAIN"]
    file = tmp_path / "stock.csv"
    file.write_text("sku,quantity\nHB-250,77\nGHOST,1\n", encoding="utf-8")
    shown = lived.json("inventory", "import", str(file), "--dry-run", code=7)
    assert shown["number"] is None and shown["rows"][0]["delta"] == 77 - real
    number = lived.json("inventory", "import", str(file), code=7)["number"]
    lived("inventory", "apply", number, code=5)
    assert lived.json("inventory", "apply", number, "--skip-bad")["booked"] == 1
    assert on_hand(lived)["MAIN"] == 77
    assert lived.json("inventory", "undo", number) == {"number": number, "undone": 1, "left": 0}
    assert on_hand(lived)["MAIN"] == real
    assert lived.json("inventory", "imports")[0]["state"] == "undone"
    again = lived.json("inventory", "import", str(file), "--apply", "--skip-bad")
    assert again["seen_before"] == number and again["told"]["booked"] == 1
    lived("inventory", "import", str(tmp_path / "none.csv"), code=2)
