"""Jobs, effects, kept records, the database, the doctor: what operators look at."""

import shutil
from pathlib import Path

from hub.testing.twins import RunningTwin
from tests.cli.conftest import Cli


def effect_of(hub: Cli, number: str) -> str:
    effects = hub.json("effects", "list")
    (label,) = [one for one in effects if one["order"] == number and one["kind"] == "label"]
    return str(label["id"])


def make_unsettled(hub: Cli, effect: str, state: str) -> None:
    """As it stands after an answer was lost: the parcel has no label yet."""
    hub.sql("UPDATE effect SET state = ?, reason = 'nobody knows' WHERE id = ?", state, effect)
    hub.sql("UPDATE shipment SET state = 'draft', sealed_label = NULL, label_external_id = ''"
            " WHERE id = (SELECT subject_id FROM effect WHERE id = ?)", effect)  # fmt: skip


def test_a_job_shows_its_attempts_and_the_calls_it_made(lived: Cli) -> None:
    (job, *_) = lived.json("jobs", "list", "--kind", "pull_orders", "--connection", "NYC")
    told = lived.json("jobs", "show", job["id"])
    assert told["attempts"][-1]["transition"] == "T7"
    assert any(call["path"].endswith("/orders") or "orders" in call["path"]
               for call in told["exchanges"])  # fmt: skip
    assert "ck_twin" not in str(told) and "cs_twin" not in str(told)
    assert job["id"] in lived("jobs", "show", job["id"]).out
    lived("jobs", "show", "ghost", code=3)


def test_dead_jobs_are_replayed_once_somebody_agrees(lived: Cli) -> None:
    lived.sql("UPDATE sync_job SET state = 'dead', last_error_text = 'no'"
              " WHERE kind = 'pull_orders'")  # fmt: skip
    dead = lived.json("jobs", "list", "--state", "dead")
    assert len(lived.json("jobs", "replay", "--all-dead", "--dry-run")["would_replay"]) == len(dead)
    lived("jobs", "replay", "--all-dead", code=2)
    said = lived("jobs", "replay", "--all-dead", "--yes", "--json", code=7)
    # one pending pull per connection is enough: its twins are refused, with the reason
    assert len(said.data["replayed"]) == 1 and len(said.data["refused"]) == len(dead) - 1
    lived("jobs", "replay", said.data["replayed"][0], code=5)
    lived("jobs", "replay", "ghost", code=3)
    lived("jobs", "replay", code=2)


def test_a_call_that_happened_after_all_is_settled_with_its_reference(lived: Cli) -> None:
    effect = effect_of(lived, "NYC-127")
    make_unsettled(lived, effect, "needs_operator")
    assert lived.json("doctor", code=1)["well"] is False
    assert any("effects resolve" in one["remedy"]
               for one in lived.json("orders", "why", "NYC-127")["obstacles"])  # fmt: skip
    settle = ("effects", "resolve", effect, "--happened", "P-77", "--tracking", "T-77")
    assert lived.json(*settle, "--dry-run")["state"] == "needs_operator"
    assert lived.json(*settle)["state"] == "succeeded"
    (parcel,) = lived.json("orders", "show", "NYC-127")["shipments"]
    assert (parcel["state"], parcel["tracking_number"]) == ("label_purchased", "T-77")
    lived(*settle, code=1)


def test_a_call_that_never_happened_is_made_again_under_the_same_key(lived: Cli) -> None:
    effect = effect_of(lived, "NYC-127")
    make_unsettled(lived, effect, "needs_operator")
    settle = ("effects", "resolve", effect, "--never-happened")
    lived(*settle, code=2)
    lived(*settle, "--reason", "not in the carrier's list", code=2)
    lived(*settle, "--reason", "not in the carrier's list", "--yes")
    lived("sync", "NYC", code=7)
    told = lived.json("effects", "show", effect)
    assert told["effect"]["state"] == "succeeded"
    assert [step["to_state"] for step in told["moments"]][-3:] == ["prepared", "sent", "succeeded"]
    (parcel,) = lived.json("orders", "show", "NYC-127")["shipments"]
    assert parcel["state"] == "label_purchased"
    assert all(one["holds"] for one in lived.json("inventory", "verify"))


def test_a_call_the_hub_is_still_settling_is_left_to_it(lived: Cli) -> None:
    effect = effect_of(lived, "NYC-127")
    make_unsettled(lived, effect, "unknown")
    assert "nothing to decide" in lived(
        "effects", "resolve", effect, "--happened", "P-1", code=1
    ).err  # fmt: skip
    lived("effects", "show", "ghost", code=3)


def test_a_kept_record_shows_its_body_only_when_asked(lived: Cli) -> None:
    (kept,) = lived.json("quarantine", "list")
    assert kept["external_id"] == "140" and "QQQ" in kept["reason"]
    told = lived.json("quarantine", "show", kept["id"])
    assert told["body"] is None and '"QQQ"' in lived.json(
        "quarantine", "show", kept["id"], "--reveal"
    )["body"]  # fmt: skip
    lived("quarantine", "show", "ghost", code=3)


def test_a_kept_record_that_is_still_not_understood_stays(lived: Cli) -> None:
    (kept,) = lived.json("quarantine", "list")
    assert lived.json("quarantine", "retry", "--all", "--dry-run")["chosen"] == [kept["id"]]
    assert lived("quarantine", "retry", kept["id"], "--json", code=1).data["landed"] == []
    (still,) = lived.json("quarantine", "list")
    assert still["seen"] == kept["seen"] + 1
    lived("quarantine", "retry", "ghost", code=3)


def test_a_kept_record_lands_once_its_connector_understands_it(
    lived: Cli, shop: RunningTwin, monkeypatch: object
) -> None:
    from hub.services.intake import mapping

    (kept,) = lived.json("quarantine", "list")
    understood = mapping.map_items

    def repaired(items, translate, validator):  # type: ignore[no-untyped-def]
        return understood(items, lambda raw: translate(raw.replace(b'"QQQ"', b'"USD"')), validator)

    monkeypatch.setattr("hub.services.intake.ingest.map_items", repaired)  # type: ignore[attr-defined]
    assert lived.json("quarantine", "retry", "--all")["landed"] == [kept["id"]]
    assert lived.json("quarantine", "list") == []
    assert lived.json("quarantine", "list", "--all")[0]["state"] != "open"
    assert lived.json("orders", "list", "--search", "NYC-140")


def test_the_doctor_names_each_thing_with_its_repair(lived: Cli) -> None:
    told = lived.json("doctor", code=1)
    wrong = [one for one in told["findings"] if not one["ok"]]
    assert [one["check"] for one in wrong] == ["quarantine"] and "retry" in wrong[0]["repair"]
    lived.sql("UPDATE quarantine SET state = 'resolved'")
    assert lived.json("doctor")["well"] is True
    lived.sql("UPDATE cursor SET complete_at = '2020-01-01T00:00:00.000000Z'")
    late = [one for one in lived.json("doctor", code=1)["findings"] if not one["ok"]]
    assert {one["check"] for one in late} == {"NYC"} and "hub serve" in late[0]["repair"]


def test_the_doctor_finds_work_that_nobody_does(lived: Cli) -> None:
    lived("sync", "NYC", "--no-follow")
    engine = [one for one in lived.json("doctor", code=1)["findings"] if one["check"] == "engine"]
    assert not engine[0]["ok"] and engine[0]["repair"] == "hub serve"


def test_a_broken_plugin_is_listed_while_the_others_work(lived: Cli) -> None:
    lived.env = {"HUB_PLUGIN_MODULES": "no_such_module"}
    listed = lived("plugin", "list", "--json", code=1).data
    broken = [plugin for plugin in listed if plugin["error"]]
    assert [plugin["name"] for plugin in broken] == ["no_such_module"]
    assert {"woocommerce", "flatrate", "offline"} <= {plugin["name"] for plugin in listed}
    assert lived.json("orders", "list")
    assert any(one["check"] == "plugin" for one in lived.json("doctor", code=1)["findings"])


def test_a_copy_of_the_database_opens_with_the_key_and_holds_everything(
    lived: Cli, tmp_path: Path
) -> None:
    copy = tmp_path / "copy" / "hub.db"
    copy.parent.mkdir()
    assert lived.json("db", "backup", str(copy))["problems"] == []
    assert copy.stat().st_mode & 0o077 == 0
    lived("db", "backup", str(copy), code=5)
    restored = Cli(copy.parent)
    assert "key" in restored("orders", "list", code=2).err
    shutil.copy(lived.home / "key", copy.parent / "key")
    assert len(restored.json("orders", "list")) == 30


def test_the_schema_is_upgraded_only_when_nothing_works_on_it(lived: Cli) -> None:
    told = lived.json("db", "current")
    assert told["up_to_date"] and lived.json("db", "upgrade")["after"] == told["schema"]
    assert lived.json("db", "check") == {"sound": True, "problems": []}
    lived.sql("UPDATE alembic_version SET version_num = '9999'")
    assert "newer than this program" in lived("orders", "list", code=1).err
    assert "newer" in lived.json("doctor", code=1)["findings"][0]["text"]


def test_a_damaged_database_is_found(lived: Cli) -> None:
    lived.sql("UPDATE sales_order_line SET order_id = 'ghost'")
    assert lived("db", "check", code=1).err
