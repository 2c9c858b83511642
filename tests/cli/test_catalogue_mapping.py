"""Mapping listings on the command line: the queue, its proposals, the plan of a first sync."""

from tests.cli.conftest import Cli


def forget(lived: Cli, sku: str, title: str) -> str:
    """Let one listing be sold under a name of its own that nobody has mapped."""
    ((listing,),) = lived.sql("select external_id from listing where sku = ?", sku)
    lived.sql(
        "update listing set variant_id = null, mapping = 'unmapped', sku = ?, title = ?"
        " where external_id = ?", f"X-{listing}", title, listing,
    )  # fmt: skip
    return f"NYC:{listing}"


def test_the_queue_proposes_with_reasons_and_a_person_decides(lived: Cli) -> None:
    ((title,),) = lived.sql("select title from variant where sku = 'KETTLE-01'")
    name = forget(lived, "KETTLE-01", title)
    (row,) = [one for one in lived.json("catalogue", "unmapped") if one["listing"] == name]
    assert row["proposals"][0]["sku"] == "KETTLE-01" and row["proposals"][0]["reasons"]
    planned = lived.json("catalogue", "map", name, "--proposed", "--dry-run")
    assert planned["sku"] == "KETTLE-01" and not planned["changed"]
    assert "--yes" in lived("catalogue", "map", name, "--proposed", code=2).err
    assert lived.json("catalogue", "map", name, "--proposed", "--yes")["changed"]
    assert not lived.json("catalogue", "map", name, "KETTLE-01")["changed"]
    assert name not in [one["listing"] for one in lived.json("catalogue", "unmapped")]
    (told,) = lived.json("catalogue", "why", name)
    assert told["sku"] == "KETTLE-01" and "titles share" in told["because"][0]


def test_a_mapping_is_undone_and_its_story_stays(lived: Cli) -> None:
    ((listing,),) = lived.sql("select external_id from listing where sku = 'HB-250'")
    name = f"NYC:{listing}"
    (first,) = lived.json("catalogue", "why", name)
    assert first["because"] == ["the SKU is the same: HB-250"]
    assert not lived.json("catalogue", "unmap", name, "--dry-run")["changed"]
    assert lived.json("catalogue", "unmap", name)["before"] == "HB-250"
    assert not lived.json("catalogue", "unmap", name)["changed"]
    assert lived.json("catalogue", "map", name, "HB-250")["changed"]
    assert [one["outcome"] for one in lived.json("catalogue", "why", name)] == [
        "unmapped", "mapped"
    ]  # fmt: skip


def test_what_is_not_there_cannot_be_mapped(lived: Cli) -> None:
    lived("catalogue", "map", "NYC:999999", "HB-250", code=3)
    name = forget(lived, "KETTLE-01", "qqq")
    lived("catalogue", "map", name, "GHOST", code=3)
    lived("catalogue", "map", name, "--proposed", "--yes", code=5)
    lived("catalogue", "map", name, code=2)


def test_the_plan_shows_what_is_to_be_mapped_and_published(lived: Cli) -> None:
    name = forget(lived, "KETTLE-01", "Kettle")
    lived.sql("update listing set observed_quantity = 77 where sku = 'HB-250'")
    plan = lived.json("connections", "plan", "NYC")
    assert name in [one["listing"] for one in plan["to_map"]]
    assert [(one["sku"], one["shows"]) for one in plan["publications"]] == [("HB-250", 77)]
    assert "would show" in lived("connections", "plan", "NYC").out
