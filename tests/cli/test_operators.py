"""The doctor's repairs, replay, events, drift: what operators type."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.cli.exits import UsageError
from hub.cli.since import instant
from hub.services.vendors.drift import Drift
from tests.cli.conftest import Cli

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def wrong(hub: Cli, *args: str) -> dict[str, dict[str, str]]:
    """What the doctor finds wrong, by check."""
    findings = hub.json("doctor", *args, code=None)["findings"]
    return {one["check"]: one for one in findings if not one["ok"]}


@pytest.mark.parametrize(
    ("text", "ago"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604800), ("1w", 604800),
     ("2026-11-23T11:00:00Z", 3600), ("2026-11-23 11:00", 3600), ("2026-11-23T12:00+01:00", 3600)],
)  # fmt: skip
def test_since_is_an_instant_or_how_long_ago(text: str, ago: int) -> None:
    assert instant(text, NOW) == NOW - timedelta(seconds=ago)
    assert instant("", NOW) is None


@pytest.mark.parametrize("text", ["yesterday", "2x", "-3h", "2026-13-01"])
def test_since_that_cannot_be_read_says_how_it_is_written(text: str) -> None:
    with pytest.raises(UsageError, match="30m"):
        instant(text, NOW)


ILLNESSES = [
    ("UPDATE job_attempt SET ended_at = '2099-01-01T00:00:00.000000Z'", "clock", "timedatectl"),
    ("UPDATE connection SET config = '{\"url\": \"https://shop.example\"}' WHERE code = 'POST'",
     "NYC", "pause"),
    ("UPDATE stock_level SET on_hand = on_hand + 1", "books", "inventory verify"),
    ("UPDATE connection SET sealed_secrets = X'00' WHERE code = 'NYC'", "seals", "HUB_SECRET_KEY"),
    ("UPDATE sync_job SET state = 'running', lease_until = '2020-01-01T00:00:00.000000Z'"
     " WHERE id = (SELECT min(id) FROM sync_job)", "abandoned jobs", "hub serve"),
    ("UPDATE connection SET state = 'needs_auth', reason = '401' WHERE code = 'NYC'", "NYC",
     "rotate"),
]  # fmt: skip


@pytest.mark.parametrize(("illness", "check", "repair"), ILLNESSES, ids=[i[1] for i in ILLNESSES])
def test_the_doctor_finds_each_illness_and_names_its_repair(
    lived: Cli, illness: str, check: str, repair: str
) -> None:
    lived.sql("UPDATE quarantine SET state = 'resolved'")
    assert wrong(lived) == {}
    lived.sql(illness)
    found = wrong(lived)
    assert check in found and repair in found[check]["repair"]


def test_the_doctor_mends_what_can_be_mended_without_harm(lived: Cli) -> None:
    lived.sql("UPDATE quarantine SET state = 'resolved'")
    lived.sql("DELETE FROM schedule WHERE name = 'pull_orders'")
    lived.sql("UPDATE sync_job SET state = 'held' WHERE kind = 'track_parcel' OR id ="
              " (SELECT id FROM sync_job WHERE kind = 'pull_orders' LIMIT 1)")  # fmt: skip
    (lived.home / "key").chmod(0o644)
    assert "settings" in wrong(lived)
    (lived.home / "key").chmod(0o600)
    assert {"schedules", "held jobs"} <= wrong(lived).keys()
    (lived.home / "key").chmod(0o644)
    assert not {"settings", "schedules", "held jobs"} & wrong(lived, "--fix").keys()
    assert (lived.home / "key").stat().st_mode & 0o077 == 0
    assert lived.sql("SELECT 1 FROM schedule WHERE name = 'pull_orders'")


def test_dead_jobs_since_an_instant_go_round_again(lived: Cli) -> None:
    lived.sql("UPDATE sync_job SET state = 'dead', coalesce_key = NULL,"
              " finished_at = '2026-01-01T00:00:00.000000Z'"
              " WHERE kind = 'pull_products'")  # fmt: skip
    assert lived.json("replay", "--since", "2026-01-02", "--dry-run")["jobs"] == []
    told = lived.json("replay", "--dead", "--since", "2025-12-31", "--dry-run")
    assert told["jobs"] and told["kept"] == [] and told["replayed"] == []
    lived("replay", "--dead", code=2)
    done = lived.json("replay", "--dead", "--yes", "--kind", "pull_products", "--reason", "mended")
    assert done["replayed"] == told["jobs"] and done["refused"] == {}
    assert lived.sql("SELECT DISTINCT reason FROM job_act") == [("mended",)]
    lived("replay", told["jobs"][0], code=5)


def test_a_kept_record_goes_round_again_beside_jobs(lived: Cli) -> None:
    (kept,) = lived.json("quarantine", "list")
    told = lived("replay", kept["id"], "--json", code=5).data
    assert told["kept"] == [kept["id"]] and "not understood" in told["refused"][kept["id"]]
    assert lived.json("replay", "--kept", "--dry-run")["kept"] == [kept["id"]]
    assert lived.json("replay", "--kept", "--connection", "POST", "--dry-run")["kept"] == []
    lived("replay", "ghost", code=3)
    lived("replay", code=2)
    lived("replay", kept["id"], "--kept", code=2)


def test_the_facts_of_an_order_are_told_with_what_followed(lived: Cli) -> None:
    facts = lived.json("events", "--order", "NYC-123")
    kinds = [one["kind"] for one in facts]
    assert kinds.index("label_bought") < kinds.index("parcel_handed_over")
    assert {one["order"] for one in facts} == {"NYC-123"}
    assert any("publish_tracking" in job for one in facts for job in one["followed"])
    assert lived.json("events", "--since", "2099-01-01") == []
    assert {one["connection"] for one in lived.json("events", "--connection", "NYC")} == {"NYC"}
    assert "parcel handed over" in lived("events", "--order", "NYC-123").out
    lived("events", "--order", "NYC-99999", code=3)


def test_following_prints_what_was_and_ends_at_an_interrupt(
    lived: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("threading.Event.wait", interrupt)
    said = lived("events", "--order", "NYC-123", "--follow", "--json", code=130)
    assert said.out.count("\n") == len(lived.json("events", "--order", "NYC-123"))


def test_drift_is_a_list_and_its_exit_code_says_whether_it_is_empty(
    lived: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.cli.drift.find_drift", lambda hub, code: [])
    assert lived.json("drift") == [] and "Nothing differs" in lived("drift", "NYC").err

    one = Drift("NYC", "stock", "77", "4", "5")
    monkeypatch.setattr("hub.cli.drift.find_drift", lambda hub, code: [one])
    assert lived.json("drift", "NYC", code=1) == [
        {"connection": "NYC", "kind": "stock", "subject": "77", "here": "4", "there": "5"}
    ]
    lived("drift", "GHOST", code=3)


def test_the_doctor_finds_a_page_that_was_overwritten_and_looks_no_further(hub: Cli) -> None:
    hub("init")
    ((page,),) = hub.sql("SELECT rootpage FROM sqlite_master WHERE name = 'published'")
    with (hub.home / "hub.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xab" * 4096)
    found = hub.json("doctor", code=1)["findings"]
    assert found[-1]["check"] == "integrity" and "put a backup in its place" in found[-1]["repair"]


def test_a_lost_database_is_found_beside_its_key_and_not_begun_anew(hub: Cli) -> None:
    hub("init")
    for file in hub.home.glob("hub.db*"):
        file.unlink()
    (found,) = hub.json("doctor", code=1)["findings"]
    assert "put a backup in its place" in found["text"]
    assert "put a backup in its place" in hub("init", code=1).err
