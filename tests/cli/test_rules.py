"""Rulebooks on the command line: judged, tried, applied, looked back at."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

GOOD = """
[[rules]]
name = "beans"
when = "$any([sku.starts_with('HB') for sku in skus])"
then = "tag"
value = "beans"
"""
BAD = """
[[rules]]
name = "first"
when = "total > 5 and contry == 'US'"
then = "set_service"
[[rules]]
name = "second"
when = "true"
then = "burn"
"""


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "good.toml").write_text(GOOD)
    return str(tmp_path / "good.toml")


def test_a_wrong_file_names_every_rule_and_place_and_changes_nothing(
    lived: Cli, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(BAD)
    assert "rules[second].then" in lived("rules", "check", "order_rules", str(bad), code=2).err
    bad.write_text(BAD.replace("burn", "hold"))
    told = lived("rules", "apply", "order_rules", str(bad), code=2).err
    assert "rules[first].when, column 15: there is no variable contry" in told
    assert "rules[first].value: set_service needs the carrier's service" in told
    assert lived.json("rules", "history", "order_rules") == []
    bad.write_text("[[rules")
    lived("rules", "check", "order_rules", str(bad), code=2)
    lived("rules", "check", "nothing", str(bad), code=2)


def test_rules_are_tried_on_the_past_without_a_trace(lived: Cli, good: str) -> None:
    before = lived.sql("select count(*) from decision")
    tried = lived.json("rules", "try", "order_rules", good, "--since", "5000d")
    assert tried["orders"] == 30 and 0 < tried["touched"] < 30 and not tried["changed"]
    assert {one["rule"] for one in tried["would"]} == {"beans"}
    assert lived.sql("select count(*) from decision") == before
    assert lived.sql("select count(*) from order_tag") == [(0,)]


def test_a_file_holds_once_applied_and_its_history_stays(lived: Cli, good: str) -> None:
    assert lived.json("rules", "check", "order_rules", good) == {
        "rulebook": "order_rules", "valid": True
    }  # fmt: skip
    planned = lived("rules", "apply", "order_rules", good, "--dry-run")
    assert '+      "name": "beans"' in planned.out
    assert lived.json("rules", "show", "order_rules")["version"] == 0
    assert lived.json("rules", "apply", "order_rules", good)["version"] == 1
    assert lived.json("rules", "apply", "order_rules", good)["version"] == 1
    shown = lived.json("rules", "show", "order_rules", "--version", "1")
    assert shown["document"]["rules"][0]["name"] == "beans"
    lived("rules", "show", "order_rules", "--version", "9", code=3)
    assert [one["version"] for one in lived.json("rules", "history", "order_rules")] == [1]


def test_rules_are_asked_of_open_orders_at_once_when_wanted(lived: Cli, good: str) -> None:
    lived("rules", "apply", "reorder_policy", good, "--now", code=2)
    lived.sql("update hold set released_at = placed_at where reason = 'imported'")
    assert lived.json("rules", "apply", "order_rules", good, "--now")["asked"] > 0
    assert lived.sql("select count(*) from order_tag") == [(0,)]
    lived("sync", "NYC", code=7)
    assert lived.sql("select distinct tag from order_tag") == [("beans",)]


def test_what_is_shown_can_be_applied_again(lived: Cli, good: str, tmp_path: Path) -> None:
    lived("rules", "apply", "order_rules", good)
    again = tmp_path / "again.json"
    again.write_text(lived("rules", "show", "order_rules").out)
    assert lived.json("rules", "apply", "order_rules", str(again))["version"] == 1
