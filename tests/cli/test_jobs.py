"""`hub jobs` and `hub schedule`: what a person may do to work that is owed."""

from typing import Any

import pytest

from tests.cli.conftest import Cli

PULL = "SELECT id FROM sync_job WHERE kind = 'pull_orders' ORDER BY id DESC LIMIT 1"


def one_job(lived: Cli, state: str) -> str:
    """Put a job of the shop into a state; give its id."""
    ((job_id,),) = lived.sql(PULL)
    lived.sql("UPDATE sync_job SET state = ?, last_error_class = 'rejected',"
              " last_error_text = 'no', finished_at = '2026-01-02T00:00:00.000000Z' WHERE id = ?",
              state, job_id)  # fmt: skip
    return str(job_id)


def state(lived: Cli, job_id: str) -> str:
    told: dict[str, Any] = lived.json("jobs", "show", job_id)
    return str(told["job"]["state"])


def test_a_cancelled_job_says_who_cancelled_it_and_why(lived: Cli) -> None:
    job_id = one_job(lived, "ready")
    assert lived.json("jobs", "cancel", job_id, "--reason", "wrong shop") == {
        "done": {job_id: "cancelled"}, "refused": {},
    }  # fmt: skip
    told = lived.json("jobs", "show", job_id)
    assert told["job"]["state"] == "cancelled"
    (act,) = told["acts"]
    assert (act["transition"], act["reason"]) == ("T17", "wrong shop")
    assert act["by"].startswith("operator ")
    assert "wrong shop" in lived("jobs", "show", job_id).out
    assert "nothing to cancel" in lived("jobs", "cancel", job_id, code=5).err


def test_a_running_job_is_asked_to_stop(lived: Cli) -> None:
    job_id = one_job(lived, "running")
    assert "stopping" in lived("jobs", "cancel", job_id).err
    assert lived.json("jobs", "show", job_id)["cancel_requested"] is True
    lived("jobs", "cancel", "ghost", code=3)


def test_a_dead_job_is_dismissed_only_with_a_reason(lived: Cli) -> None:
    job_id = one_job(lived, "dead")
    assert "--reason" in lived("jobs", "dismiss", job_id, code=2).err
    lived("jobs", "dismiss", job_id, "--reason", "the shop is sold")
    assert state(lived, job_id) == "cancelled"
    lived("jobs", "dismiss", job_id, "--reason", "again", code=5)


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        (["--kind", "pull_orders"], 1), (["--kind", "pull_products"], 0),
        (["--connection", "NYC"], 1), (["--connection", "POST"], 0),
        (["--error", "rejected"], 1), (["--error", "mapping"], 0),
        (["--since", "2026-01-01"], 1), (["--since", "2026-01-03"], 0), (["--since", "1s"], 0),
    ],
)  # fmt: skip
def test_dead_jobs_are_chosen_by_what_they_have_in_common(
    lived: Cli, narrowed: list[str], found: int
) -> None:
    lived.sql("DELETE FROM job_attempt")
    lived.sql("DELETE FROM sync_job WHERE state != 'ready' AND id != (" + PULL + ")")
    one_job(lived, "dead")
    told = lived.json("jobs", "replay", "--all-dead", "--dry-run", *narrowed)
    assert len(told["would_replay"]) == found


def test_what_narrows_all_of_them_does_not_narrow_named_ones(lived: Cli) -> None:
    job_id = one_job(lived, "dead")
    assert "--all-dead" in lived("jobs", "replay", job_id, "--kind", "x", code=2).err
    lived("jobs", "replay", "--all-dead", "--since", "soon", "--yes", code=2)


# --- schedules ------------------------------------------------------------------------------------


def pulls(lived: Cli) -> dict[str, Any]:
    rows = lived.json("schedule", "list", "--connection", "NYC")
    return next(row for row in rows if row["name"] == "pull_orders")


def test_a_person_chooses_when_it_runs(lived: Cli) -> None:
    line = ("schedule", "set", "pull_orders", "--connection", "NYC")
    lived(*line, "--cron", "30 3 * * 1-5", "--zone", "America/New_York")
    now = pulls(lived)
    assert now["rhythm"] == "30 3 * * 1-5 (America/New_York)"
    assert now["set_by"].startswith("operator ")
    assert lived.json(*line, "--every", "120")["rhythm"] == "every 120 s"
    assert "NYC" in lived("schedule", "list").out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--cron", "daily"], "five fields"),
        (["--cron", "0 3 * * *", "--zone", "Berlin"], "Europe/Berlin"),
        (["--every", "5", "--zone", "Europe/Berlin"], "cron line"),
        ([], "--every SECONDS"),
        (["--every", "5", "--cron", "0 3 * * *"], "--every SECONDS"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(lived: Cli, given: list[str], told: str) -> None:
    assert told in lived("schedule", "set", "pull_orders", *given, code=2).err


def test_a_schedule_is_paused_resumed_and_run_now(lived: Cli) -> None:
    of = ("pull_orders", "--connection", "NYC")
    assert lived.json("schedule", "pause", *of)["enabled"] is False
    assert pulls(lived)["enabled"] is False
    assert lived.json("schedule", "resume", *of)["enabled"] is True
    job_id = lived.json("schedule", "run", *of)["job"]
    assert state(lived, job_id) == "ready"


def test_a_schedule_that_is_not_there_is_not_found(lived: Cli) -> None:
    for verb in ("pause", "resume", "run"):
        assert "hub schedule list" in lived("schedule", verb, "pull_orders", code=3).err
    lived("schedule", "set", "ghost", "--every", "60", code=3)
    lived("schedule", "list", "--connection", "GHOST", code=3)
