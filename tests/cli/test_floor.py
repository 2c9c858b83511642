"""The floor on the command line: from what waits to a closed box, and its papers."""

from pathlib import Path

from tests.cli.conftest import Cli


def test_work_is_fetched_scanned_and_packed(lived: Cli, tmp_path: Path) -> None:
    waiting = lived.json("floor", "open")
    assert waiting and all(row["picked"] == 0 for row in waiting)
    batch = lived.json("floor", "batch", "--orders", "1")["batch"]
    (task, *more) = lived.json("floor", "tasks", batch)
    number = task["order"]

    paper = tmp_path / "walk.pdf"
    lived("floor", "picklist", batch, "--out", str(paper))
    assert paper.read_bytes().startswith(b"%PDF")
    for each in (task, *more):
        done = lived.json("floor", "pick", batch, str(each["position"]))
        assert done["units"] == each["units"]
    lived("floor", "pick", batch, "1", code=5)
    (row,) = [row for row in lived.json("floor", "batches") if row["number"] == batch]
    assert row["state"] == "picked"

    lived("floor", "scan", number, "NO-SUCH-THING", code=5)
    lived("floor", "pack", number, code=5)
    codes = [each["sku"] for each in (task, *more) for _ in range(each["units"])]
    assert lived.json("floor", "scan", number, *codes)["left"] == 0
    assert lived.json("floor", "pack", number, "--dry-run")["boxes"]
    assert "box" in lived("floor", "pack", number).out
    slip = tmp_path / "slip.pdf"
    lived("floor", "slip", number, "--out", str(slip))
    assert slip.stat().st_mode & 0o077 == 0, "it names the receiver"
    assert lived.json("floor", "close", batch)["left"] == 0
    assert batch not in {row["number"] for row in lived.json("floor", "batches")}


def test_a_planned_batch_is_not_fetched_before_it_is_released(lived: Cli) -> None:
    batch = lived.json("floor", "batch", "--plan", "--orders", "1")["batch"]
    assert "hub floor release" in lived("floor", "pick", batch, "1", code=5).err
    assert lived.json("floor", "release", batch)["released"]
    assert not lived.json("floor", "release", batch)["released"]
    lived("floor", "short", batch, "1", "--units", "1", "--note", "empty shelf")
    assert lived.json("floor", "tasks", batch)[0]["short"] == 1


def test_what_does_not_exist_is_said(lived: Cli) -> None:
    lived("floor", "tasks", "B-9", code=3)
    lived("floor", "pick", "B-9", "1", code=5)
    lived("floor", "batch", "--at", "MOON", code=5)
    lived("floor", "scan", "NYC-0", "X", code=3)


def test_cartons_are_kept_and_goods_measured(lived: Cli) -> None:
    lived("cartons", "add", "S", "--inside", "200x150", code=2)
    lived("cartons", "add", "S", "--inside", "200x150x100", "--dry-run")
    assert lived.json("cartons", "list") == []
    lived("cartons", "add", "S", "--inside", "200x150x100", "--tare", "80", "--most", "5000")
    (kept,) = lived.json("cartons", "list")
    assert (kept["code"], kept["tare_g"], kept["inner"]["length_mm"]) == ("S", 80, 200)
    assert "200 × 150 × 100" in lived("cartons", "list").out
    lived("cartons", "measure", "HB-250", "--size", "100x90x80", "--weight", "250")
    lived("cartons", "measure", "GHOST", "--weight", "250", code=3)
    lived("cartons", "measure", "HB-250", code=2)
    lived("cartons", "remove", "S")
    lived("cartons", "remove", "S", code=3)
