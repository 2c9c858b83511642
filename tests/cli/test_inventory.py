"""Stock on the command line, and the invariants that must be able to fail."""

import pytest

from hub.reports import return_invariants
from hub.reports.invariants import INVARIANTS
from tests.cli.conftest import Cli


def test_stock_is_shown_with_the_ledger_rows_that_add_up_to_it(lived: Cli) -> None:
    rows = {row["sku"]: row for row in lived.json("inventory", "show")}
    assert rows["HB-250"]["tracked"] and not rows["WRAP"]["tracked"]
    one = lived.json("inventory", "show", "HB-250")
    here = [m["quantity"] if m["to_account"].startswith("location:") else -m["quantity"]
            for m in one["movements"]]  # fmt: skip
    assert sum(here) == one["stock"]["on_hand"] == one["levels"][0]["on_hand"]
    assert one["offers"][0]["observed"] == one["stock"]["available"]
    assert "available" in lived("inventory", "show", "HB-250").out


def test_only_what_runs_short_is_shown_when_asked(lived: Cli) -> None:
    low = lived.json("inventory", "show", "--low")
    assert low and all(row["available"] < 5 and row["tracked"] for row in low)
    assert len(lived.json("inventory", "show", "--low", "--below", "1000")) > len(low)


def test_an_adjustment_moves_units_once_per_command(lived: Cli) -> None:
    adjust = ("inventory", "adjust", "HB-250", "+5", "--reason", "found", "--command-id", "count-7")
    before = lived.json("inventory", "show", "HB-250")["stock"]["on_hand"]
    assert not lived.json(*adjust, "--dry-run")["moved"]
    assert lived.json(*adjust)["stock"]["on_hand"] == before + 5
    again = lived.json(*adjust)
    assert not again["moved"] and again["stock"]["on_hand"] == before + 5
    down = lived.json("inventory", "adjust", "HB-250", "-2", "--reason", "broken", "--at", "MAIN")
    assert down["stock"]["on_hand"] == before + 3


def test_more_units_than_are_free_cannot_be_removed(lived: Cli) -> None:
    lived("inventory", "adjust", "HB-250", "-9999", "--reason", "?", code=5)
    lived("inventory", "adjust", "HB-250", "0", "--reason", "?", code=2)
    lived("inventory", "adjust", "GHOST", "+1", "--reason", "?", code=3)
    lived("inventory", "adjust", "HB-250", "+1", "--reason", "?", "--at", "MOON", code=3)


def test_an_unmapped_listing_is_shown_and_mapped(lived: Cli) -> None:
    lived.sql("UPDATE listing SET variant_id = NULL, mapping = 'unmapped' WHERE sku = 'DRIP-01'")
    (row,) = lived.json("catalogue", "unmapped")
    assert row["sku"] == "DRIP-01"
    lived("catalogue", "map", row["listing"], "DRIP-01")
    assert lived.json("catalogue", "unmapped") == []
    lived("catalogue", "map", row["listing"], "GHOST", code=3)
    lived("catalogue", "map", "NYC:999999", "DRIP-01", code=3)


def test_a_refused_number_is_tried_again_when_asked(lived: Cli) -> None:
    lived.sql("UPDATE desired SET problem = 'the shop said no' WHERE rowid ="
              " (SELECT min(rowid) FROM desired WHERE field = 'stock')")  # fmt: skip
    findings = {one["check"]: one for one in lived.json("doctor", code=1)["findings"]}
    assert "the shop said no" in findings["channels"]["text"]
    assert lived.json("inventory", "publish", "NYC")["tried_again"] == 1


def test_every_invariant_holds_in_a_hub_that_lived(lived: Cli) -> None:
    checks = lived.json("inventory", "verify")
    assert [one["name"] for one in checks] == [one.__name__ for one in INVARIANTS]
    assert all(one["holds"] for one in checks)


PURCHASE_LINE = (
    "INSERT INTO purchase_line (id, purchase_order_id, position, variant_id, stock_item_id, sku,"
    " supplier_sku, title, unit_price, ordered, acknowledged, announced, received_good,"
    " received_damaged, cancelled, invoiced, over) SELECT 'l', 'p', 1, id, stock_item_id, sku, '',"
    " '', '1', 1, 0, 0, {good}, 0, 0, 0, {over} FROM variant LIMIT 1"
)
SABOTAGE = {
    "levels_equal_the_ledger":
        "UPDATE stock_movement SET quantity = quantity + 1 WHERE kind = 'ship'",
    "sellable_equals_the_levels": "UPDATE stock_promise SET sellable = sellable + 1",
    "unsellable_equals_the_buckets": "UPDATE stock_level SET unsellable = unsellable + 1",
    "reserved_equals_the_reservations": "UPDATE stock_promise SET reserved = reserved + 1",
    "allocated_equals_the_allocations": "UPDATE stock_promise SET allocated = allocated + 1",
    "levels_equal_the_allocations": "UPDATE stock_level SET allocated = allocated + 1",
    "lines_equal_their_reservations":
        "UPDATE sales_order_line SET reserved = reserved - 1 WHERE reserved > 0",
    "lines_equal_their_allocations":
        "UPDATE sales_order_line SET allocated = allocated - 1 WHERE allocated > 0",
    "confirmed_numbers_are_true":
        "UPDATE desired SET confirmed_value = '77777' WHERE field = 'stock'",
    "purchase_lines_equal_their_receipts": PURCHASE_LINE.format(good=1, over=0),
    "receipts_equal_the_ledger":
        "INSERT INTO stock_movement (id, stock_item_id, quantity, from_account, to_account, kind,"
        " command_id, reason, at) SELECT 'm', stock_item_id, 1, 'supplier', 'location:x',"
        " 'receive', 'receipt:x', '', '2026-01-01T00:00:00.000000Z' FROM variant LIMIT 1",
    "more_than_was_ordered_was_told": PURCHASE_LINE.format(good=0, over=1),
    "a_shipment_has_at_most_one_label":
        "INSERT INTO effect (id, key, kind, connection_id, subject_id, request_hash, state, sends,"
        " probes_after_settle, vendor_ref, reason, created_at, updated_at) SELECT 'again',"
        " key || ':2', kind, connection_id, subject_id, request_hash, state, sends,"
        " probes_after_settle, vendor_ref, reason, created_at, updated_at FROM effect"
        " WHERE kind = 'label' LIMIT 1",
    "what_left_had_a_label": "UPDATE effect SET kind = 'lost' WHERE kind = 'label'",
    "every_open_effect_has_its_job": "UPDATE effect SET state = 'unknown'",
    "every_webhook_is_accounted_for":
        "INSERT INTO inbox (id, connection_id, dedupe_key, topic, kind, external_id, deleted,"
        " sealed, state, reason, received_at) SELECT 'w1', id, 'd', 'order.updated', 'order', '1',"
        " 0, x'00', 'new', '', '2026-01-01T00:00:00.000000Z' FROM connection LIMIT 1",
    "every_open_wish_has_its_job":
        "UPDATE desired SET desired_version = desired_version + 1",
    "every_dead_job_says_why": "UPDATE sync_job SET state = 'dead', last_error_text = ''",
}  # fmt: skip


IN_A_STORY = {name for name, rule in vars(return_invariants).items() if rule in INVARIANTS}
"""Broken where there is a return to break: `tests/services/test_returns.py`."""


def test_there_is_a_sabotage_for_every_invariant() -> None:
    assert len(IN_A_STORY) == 5
    assert set(SABOTAGE) | IN_A_STORY == {one.__name__ for one in INVARIANTS}


@pytest.mark.parametrize("name", SABOTAGE)
def test_a_broken_book_is_found(lived: Cli, name: str) -> None:
    lived.sql(SABOTAGE[name])
    checks = {one["name"]: one for one in lived.json("inventory", "verify", code=1)}
    assert not checks[name]["holds"] and checks[name]["offenders"] and checks[name]["examples"]
    assert checks[name]["remedy"]
