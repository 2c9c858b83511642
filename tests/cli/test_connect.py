"""Connecting vendors, and what may be done with a connection."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.testing.twins import RunningTwin, running
from tests.cli.conftest import KEYS, SECRETS, TWIN, Cli, host


@pytest.fixture
def fresh(hub: Cli, shop: RunningTwin) -> Cli:
    hub.allow = [host(shop)]
    hub("init")
    return hub


def connect(shop: RunningTwin, *more: str) -> tuple[str, ...]:
    return ("connect", "woocommerce", "--code", "NYC", "--set", f"url={shop.url}", *more)


def test_without_a_terminal_what_is_missing_is_named_and_nobody_is_asked(
    fresh: Cli, shop: RunningTwin
) -> None:
    said = fresh(*connect(shop), code=2)
    assert "consumer_key" in said.err and "consumer_secret" in said.err


def test_secrets_come_from_the_environment_or_from_standard_input(
    fresh: Cli, shop: RunningTwin
) -> None:
    dry = connect(shop, *SECRETS, "--dry-run", "--json")
    assert fresh(*dry, **KEYS).data["kept"] is False
    assert fresh(*dry, given="ck_twin\ncs_twin\n").data["account"] == host(shop)
    assert "HUB_SECRET_CONSUMER_KEY" in fresh(*dry, code=2).err
    assert fresh.json("connections", "list") == []


def test_a_secret_on_the_command_line_works_and_is_remarked_upon(
    fresh: Cli, shop: RunningTwin
) -> None:
    given = ("--set", "consumer_key=ck_twin", "--set", "consumer_secret=cs_twin")
    assert "in clear" in fresh(*connect(shop, *given)).err


def test_the_key_of_the_hub_is_never_taken_for_a_secret_of_a_vendor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hub.cli.exits import UsageError
    from hub.cli.questions import gather

    monkeypatch.setenv("HUB_SECRET_KEY", "00" * 32)
    monkeypatch.setattr(sys, "stdin", open("/dev/null"))  # noqa: SIM115
    schema = {"properties": {"key": {"type": "string", "writeOnly": True}}}
    with sys.stdin, pytest.raises(UsageError, match="standard input"):
        gather(schema, [], ["key"])


def test_at_a_terminal_the_schema_asks_for_what_is_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hub.cli import questions

    class Terminal:
        def isatty(self) -> bool:
            return True

    asked: list[tuple[str, bool]] = []

    def prompt(title: str, *, default: object, hide_input: bool, err: bool) -> object:
        asked.append((title, hide_input))
        return default or "answer"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(questions.typer, "prompt", prompt)
    schema = {
        "required": ["name", "token", "table", "given"],
        "properties": {
            "name": {"type": "string", "title": "Name", "default": "Till"},
            "token": {"type": "string", "title": "Token", "writeOnly": True},
            "table": {"type": "array", "default": []},
            "given": {"type": "integer"},
            "optional": {"type": "string"},
        },
    }
    assert questions.gather(schema, ["given=7"], []) == {
        "given": 7, "name": "Till", "token": "answer",
    }  # fmt: skip
    assert asked == [("Name", False), ("Token", True)]


def test_lists_are_given_as_json(fresh: Cli) -> None:
    post = ("connect", "flatrate", "--code", "POST", "--set", "currency=USD", "--set")
    assert "services" in fresh(*post, "services=standard", code=2).err
    fresh(*post, 'services=[{"code": "s", "title": "S", "price": "3.00"}]')
    settings = fresh.json("connections", "show", "POST")["config"]
    assert settings["services"][0]["price"] == "3.00"


def test_refused_credentials_keep_nothing(fresh: Cli, shop: RunningTwin) -> None:
    wrong = {"HUB_SECRET_CONSUMER_KEY": "ck_nobody", "HUB_SECRET_CONSUMER_SECRET": "cs_x"}
    said = fresh(*connect(shop, *SECRETS), code=4, **wrong)
    assert "ck_nobody" not in said.err + said.out
    assert fresh.json("connections", "list") == []


@pytest.mark.parametrize("code", ["nyc", "N", "NYC-1", "A" * 13, "9A"])
def test_a_code_that_would_make_odd_order_numbers_is_refused(fresh: Cli, code: str) -> None:
    assert "capitals" in fresh("connect", "flatrate", "--code", code, code=2).err


def test_one_account_and_one_code_are_connected_once(fresh: Cli, shop: RunningTwin) -> None:
    fresh(*connect(shop, *SECRETS), **KEYS)
    assert "taken" in fresh(*connect(shop, *SECRETS), code=5, **KEYS).err
    again = ("connect", "woocommerce", "--code", "TWO", "--set", f"url={shop.url}", *SECRETS)
    assert "as NYC" in fresh(*again, code=5, **KEYS).err


def test_a_connection_is_paused_and_resumed(lived: Cli) -> None:
    assert lived.json("connections", "pause", "NYC", "--reason", "stocktaking")["changed"]
    assert lived.json("connections", "list")[0]["reason"] == "stocktaking"
    assert "resume" in lived("sync", "NYC", code=5).err
    assert lived.json("connections", "resume", "NYC")["connection"] == "NYC"
    assert lived.json("connections", "list")[0]["state"] == "active"


def test_writes_are_switched_after_a_look_and_release_what_is_named(lived: Cli) -> None:
    planned = lived.json("connections", "writes", "NYC", "on", "--release", "all", "--dry-run")
    assert "NYC-128" in planned["would_release"] and "NYC-125" not in planned["would_release"]
    assert lived("connections", "writes", "NYC", "on", "--release", "NYC-9", code=2).err
    assert "--yes" in lived("connections", "writes", "NYC", "on", "--release", "all", code=2).err
    off = lived.json("connections", "writes", "NYC", "off")
    assert off["changed"] and off["released"] == []
    on = lived.json("connections", "writes", "NYC", "on", "--release", "NYC-128", "--yes")
    assert on["released"] == ["NYC-128"]
    lived("connections", "writes", "NYC", "maybe", code=2)


def test_what_is_switched_on_shows_the_chosen_orders_only(lived: Cli) -> None:
    said = lived("connections", "writes", "NYC", "on", "--release", "128", "--yes")
    assert "1 of" in said.out and "NYC-128" in said.out and "NYC-122" not in said.out
    assert "1 order released" in said.err and "Next:" not in said.err


def test_a_shop_that_was_never_read_is_not_written_to_without_a_yes(
    fresh: Cli, shop: RunningTwin
) -> None:
    fresh(*connect(shop, *SECRETS), **KEYS)
    assert "first sync" in fresh("connections", "writes", "NYC", "on", code=2).err
    assert fresh.json("connections", "list")[0]["writes"] is False
    fresh("connections", "writes", "NYC", "on", "--yes")
    assert fresh.json("connections", "list")[0]["writes"] is True


def test_a_plan_shows_a_few_orders_and_all_when_asked(lived: Cli) -> None:
    held = len(lived.json("connections", "plan", "NYC")["held"])
    few = lived("connections", "plan", "NYC")
    assert few.out.count("\nNYC-") == 10 < held and f"{held - 10} more" in few.err
    assert lived("connections", "plan", "NYC", "--all").out.count("\nNYC-") == held
    assert "payment inconclusive" in few.out, "why the others wait is counted above the list"


def test_settings_are_shown_as_words_not_as_code(lived: Cli) -> None:
    shown = lived("connections", "show", "NYC").out
    assert "weight_unit kg" in shown and "{" not in shown


def test_a_refused_key_is_told_in_the_shop_s_words_with_advice(
    fresh: Cli, shop: RunningTwin
) -> None:
    wrong = {**KEYS, "HUB_SECRET_CONSUMER_KEY": "ck_wrong"}
    said = fresh(*connect(shop, *SECRETS), code=4, **wrong)
    assert "Consumer key is invalid" in said.err and "check the key" in said.err


def test_an_address_that_is_not_public_names_the_setting_that_allows_it(
    fresh: Cli, shop: RunningTwin
) -> None:
    fresh.allow = []
    said = fresh(*connect(shop, *SECRETS), code=1, **KEYS)
    assert f"HUB_ALLOW_HOSTS={host(shop)}" in said.err


def test_the_plan_says_what_was_found_and_what_would_follow(lived: Cli) -> None:
    plan = lived.json("connections", "plan", "NYC")
    assert plan["orders"] == 30 and plan["history"] == 13 and plan["quarantined"] == 1
    assert plan["opening_units"] > 400 and plan["listings_unmapped"] == 0
    held = {one["number"]: one for one in plan["held"]}
    assert held["NYC-128"]["may_ship"] and not held["NYC-122"]["may_ship"]
    assert any("payment" in why for why in held["NYC-122"]["against"])
    assert "would ship" in lived("connections", "plan", "NYC").out


def test_new_secrets_are_tried_before_the_old_ones_are_forgotten(
    lived: Cli, shop: RunningTwin
) -> None:
    wrong = {"HUB_SECRET_CONSUMER_SECRET": "cs_wrong"}
    lived("connections", "rotate", "NYC", "--secret", "consumer_secret", code=4, **wrong)
    assert lived.json("connections", "test", "NYC")["account"]["id"] == host(shop)
    rotated = lived.json("connections", "rotate", "NYC", "--secret", "consumer_secret", **KEYS)
    assert rotated["rotated"] == ["consumer_secret"]
    lived("connections", "rotate", "NYC", "--set", "weight_unit=g", code=2)
    lived("connections", "rotate", "NYC", code=2)


def test_a_shop_that_is_down_is_unavailable_not_wrong(fresh: Cli, tmp_path: Path) -> None:
    with running(TWIN, data=tmp_path / "twin.db") as twin:
        fresh.allow = [host(twin)]
        fresh(*connect(twin, *SECRETS), **KEYS)
    said = fresh("sync", "NYC", "--json", code=6)
    assert {job["state"] for job in said.data["jobs"]} == {"ready"}
    assert "tried again" in said.err
    assert fresh("connections", "test", "NYC", code=6).err


def test_a_revoked_key_stops_the_connection_and_says_how_to_go_on(
    fresh: Cli, tmp_path: Path
) -> None:
    with running(TWIN, data=tmp_path / "twin.db") as twin:
        fresh.allow = [host(twin)]
        fresh(*connect(twin, *SECRETS), **KEYS)
        twin.action("revoke_keys")
        assert "NYC was stopped" in fresh("sync", "NYC", code=4).err
        assert "rotate" in fresh("sync", "NYC", code=4).err
        findings = fresh.json("doctor", code=1)["findings"]
        assert any("rotate NYC" in one["repair"] for one in findings)
        twin.action("restore_keys")
        fresh("connections", "rotate", "NYC", "--secret", "consumer_secret", **KEYS)
        jobs = fresh.json("sync", "NYC")["jobs"]
        assert {job["state"] for job in jobs} == {"succeeded"}


def test_a_carrier_has_nothing_to_pull(lived: Cli) -> None:
    assert "nothing to pull" in lived("sync", "POST", code=2).err


def test_without_following_the_work_is_only_owed(lived: Cli) -> None:
    owed = lived.json("sync", "NYC", "--no-follow")["jobs"]
    assert [job["state"] for job in owed] == ["ready", "ready"]


def test_a_hub_that_stops_while_it_is_watched_is_not_watched_for_ever(
    lived: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def somebody_elses(_system: object) -> Iterator[bool]:
        yield False  # it was at work a moment ago

    monkeypatch.setattr("hub.cli.sync.an_engine", somebody_elses)
    monkeypatch.setattr("hub.cli.following.LOOK_EVERY_S", 0.001)
    assert "has stopped" in lived("sync", "NYC", code=6).err
