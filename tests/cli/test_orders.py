"""Orders on the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_orders_are_listed_and_found_by_number_sku_and_mail(lived: Cli) -> None:
    everything = lived.json("orders", "list", "--limit", "100")
    assert len(everything) == 30 and everything[0]["total"].keys() == {"amount", "currency"}
    assert [one["number"] for one in lived.json("orders", "list", "--search", "123")] == ["NYC-123"]
    grinders = lived.json("orders", "list", "--search", "GRIND-01")
    assert {one["number"] for one in grinders} == {"NYC-115", "NYC-133"}
    told = lived.json("orders", "show", "NYC-123", "--reveal")
    mail = told["people"]["bill_to"]["email"]
    assert "NYC-123" in [one["number"] for one in lived.json("orders", "list", "--search", mail)]
    assert lived.json("orders", "list", "--search", "nobody@example.test") == []


def test_a_list_that_was_cut_says_so(lived: Cli) -> None:
    cut = lived("orders", "list", "--limit", "2")
    assert len(cut.out.splitlines()) == 3 and "more than these 2" in cut.err
    assert len(lived.json("orders", "list", "--limit", "2")) == 2
    assert "more than" not in lived("orders", "list", "--limit", "1000").err


def test_a_list_is_narrowed_by_phase_and_connection(lived: Cli) -> None:
    waiting = lived.json("orders", "list", "--phase", "in_warehouse", "--connection", "NYC")
    assert [one["number"] for one in waiting] == ["NYC-127"]
    assert lived.json("orders", "list", "--connection", "POST") == []
    lived("orders", "list", "--phase", "nonsense", code=2)


def test_an_order_shows_its_reasons_and_its_story_but_no_person(lived: Cli) -> None:
    text = lived("orders", "show", "NYC-123").out
    for part in (
        "payment check total: passed", "routed: MAIN: 4 units", "label: succeeded",
        "announcement: succeeded", "parcel handed over", "released: imported",
    ):  # fmt: skip
        assert part in text
    people = lived.json("orders", "show", "NYC-123", "--reveal")["people"]
    (street,) = people["bill_to"]["street"][:1]
    assert people["bill_to"]["email"] not in text and street not in text
    assert lived.json("orders", "show", "NYC-123")["people"] is None
    assert street in lived("orders", "show", "123", "--reveal").out


@pytest.mark.parametrize(
    ("number", "fact", "remedy"),
    [
        ("NYC-127", "the parcel has its label and was not handed over", "handover NYC-127"),
        ("NYC-128", "held (imported)", "orders release NYC-128"),
        ("NYC-122", "waiting for the bank transfer", "settle it at the shop"),
        ("NYC-125", "nobody knows what", "catalogue map NYC:"),
    ],
)
def test_why_names_the_fact_and_the_way_out(
    lived: Cli, number: str, fact: str, remedy: str
) -> None:
    obstacles = lived.json("orders", "why", number)["obstacles"]
    assert any(fact in one["what"] and remedy in one["remedy"] for one in obstacles), obstacles


def test_nothing_stands_against_an_order_that_left(lived: Cli) -> None:
    assert lived.json("orders", "why", "NYC-123")["obstacles"] == []
    assert "Nothing is left to ship" in lived("orders", "why", "NYC-123").err


def test_an_order_short_of_stock_says_how_many_are_missing(lived: Cli) -> None:
    lived("orders", "release", "NYC-130")
    short = lived.json("orders", "why", "NYC-122")["obstacles"]
    (line,) = [one for one in short if "KETTLE-01" in one["what"]]
    assert "wanted, 0 free" in line["what"] and "inventory receive KETTLE-01" in line["remedy"]


def test_a_hold_stops_an_order_and_a_release_lets_it_go(lived: Cli) -> None:
    assert lived.json("orders", "hold", "NYC-127", "--note", "gift card missing")["changed"]
    assert not lived.json("orders", "hold", "NYC-127", "--note", "again")["changed"]
    assert lived.json("orders", "list", "--phase", "on_hold", "--search", "127")
    planned = lived.json("orders", "release", "NYC-127", "--dry-run")
    assert planned == {"chosen": 1, "released": 0, "dry_run": True}
    assert lived.json("orders", "release", "NYC-127")["released"] == 1
    assert lived.json("orders", "release", "NYC-127")["released"] == 0


def test_all_imported_orders_are_released_only_with_a_yes(lived: Cli) -> None:
    assert "--yes" in lived("orders", "release", "--all-imported", "NYC", code=2).err
    assert lived.json("orders", "release", "--all-imported", "NYC", "--yes")["released"] > 5
    assert lived.json("orders", "release", "--all-imported", "NYC", "--yes")["chosen"] == 0
    lived("orders", "release", code=2)


def test_a_parcel_is_handed_over_once(lived: Cli) -> None:
    assert lived.json("orders", "handover", "NYC-127", "--dry-run")["handed_over"] == 0
    assert lived.json("orders", "handover", "--all")["handed_over"] == 1
    refused = lived("orders", "handover", "NYC-127", code=5)
    assert "no labelled parcel" in refused.err
    assert lived.json("orders", "handover", "--all")["parcels"] == []


def test_handing_over_one_of_two_is_partial(lived: Cli) -> None:
    said = lived("orders", "handover", "NYC-127", "NYC-128", "--json", code=7)
    assert said.data["handed_over"] == 1 and said.data["without_parcel"] == ["NYC-128"]


def test_the_label_is_written_as_the_pdf_it_is(lived: Cli, tmp_path: Path) -> None:
    (written,) = lived.json("orders", "label", "NYC-127", "--out", str(tmp_path / "label.pdf"))
    assert written["format"] == "pdf" and Path(written["file"]).read_bytes().startswith(b"%PDF")
    assert Path(written["file"]).stat().st_mode & 0o077 == 0
    lived("orders", "label", "NYC-128", "--out", str(tmp_path / "none.pdf"), code=5)
    assert not (tmp_path / "none.pdf").exists()


def test_a_hold_of_another_kind_may_end_by_itself(lived: Cli) -> None:
    held = lived.json("orders", "hold", "NYC-127", "--note", "call", "--reason", "fraud",
                      "--until", "3h")  # fmt: skip
    assert held["changed"] and held["until"]
    lived("orders", "hold", "NYC-127", "--note", "x", "--until", "2001-01-01", code=2)
    (against,) = [one for one in lived.json("orders", "why", "NYC-127")["obstacles"]
                  if "fraud" in one["what"]]  # fmt: skip
    assert "ends by itself at" in against["remedy"]
    assert lived.json("orders", "release", "NYC-127", "--reason", "manual")["released"] == 0
    assert lived.json("orders", "release", "NYC-127", "--reason", "fraud")["released"] == 1


def test_tags_and_notes_are_kept_with_an_order_and_notes_are_sealed(lived: Cli) -> None:
    assert lived.json("orders", "tag", "NYC-127", "VIP", "gift", "--dry-run")["changed"] == 0
    assert lived.json("orders", "tag", "NYC-127", "VIP", "gift")["changed"] == 2
    assert lived.json("orders", "tag", "NYC-127", "gift", "--remove")["changed"] == 1
    lived("orders", "tag", "NYC-127", "a,b", code=2)
    assert [one["number"] for one in lived.json("orders", "list", "--tag", "vip")] == ["NYC-127"]
    lived.json("orders", "note", "NYC-127", "Ada called about the colour")
    shown = lived("orders", "show", "NYC-127")
    assert "Ada called" not in shown.out and "tagged: vip" in shown.out
    assert "Ada called" in lived("orders", "show", "NYC-127", "--reveal", "--timeline").out
    (row,) = lived.sql("select sealed from order_note")
    assert b"Ada called" not in row[0]


def test_an_order_that_nobody_finds_leaves_a_trace(lived: Cli) -> None:
    said = lived("orders", "why", "NYC-140", "--json", code=3).data
    assert any("nobody understood it" in one["what"] for one in said["traces"]), said
    late = lived("orders", "why", "NYC-9999", code=3).out
    assert "hub sync NYC" in late or "read to its end" in late
    lived("connections", "pause", "NYC", "--reason", "a break")
    assert "NYC is paused" in lived("orders", "why", "NYC-9999", code=3).out


def test_an_order_says_how_it_ships_and_what_cannot_be_split(lived: Cli) -> None:
    assert lived.json("orders", "shipping", "NYC-128", "available")["changed"]
    assert lived.json("orders", "show", "NYC-128")["wishes"]["ships"] == "available"
    assert lived.json("orders", "shipping", "NYC-128", "default", "--dry-run")["changed"] is False
    lived("orders", "split", "NYC-128", "--line", "HB-250=1", code=5)
    lived("orders", "split", "NYC-128", "--line", "HB-250", code=2)


def test_the_axes_of_an_order_stand_by_themselves(lived: Cli) -> None:
    assert lived.json("orders", "show", "NYC-123")["axes"] == {
        "lifecycle": "closed", "payment": "paid", "fulfilment": "fulfilled", "returns": "none",
    }  # fmt: skip
