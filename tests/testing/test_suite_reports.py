"""What a trial reports: the level, the waivers, the recordings, and the command line around it."""

import json
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.main import app
from hub.registry import UnknownConnectorError
from hub.sdk.addresses import AllowedAddresses
from hub.sdk.redaction import Redactor
from hub.sdk.secrets import Secret
from hub.testing.masking import masked_bytes
from hub.testing.record import Request, record
from hub.testing.suite.level import Facts, Level, Result, level, tells_limits, youngest
from hub.testing.suite.report import document, pages
from hub.testing.suite.samples import Sample
from hub.testing.trial import NoTrialError, run, trial_of
from hub.testing.twins import running
from tests.testing.bad_connectors import good, vendor

ROOT = Path(__file__).parents[2]
PASSED = Result("pull", "a_walk_ends_and_says_so[pull_orders]", "passed")
FAILED = Result("pull", "the_oldest_change_comes_first[pull_orders]", "failed", "o2 after o3")
WAIVED = Result("failures", "trouble_is_named[403]", "waived", "the vendor says it otherwise")
FACTS = Facts("acme", "1.2")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


# --- the level ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "facts", "reached"),
    [
        ([], FACTS, Level.NONE),
        ([PASSED, FAILED], FACTS, Level.NONE),
        ([PASSED], FACTS, Level.BRONZE),
        ([PASSED, WAIVED], Facts("acme", "1.2", errors=1), Level.BRONZE),
        ([PASSED], Facts("acme", "1.2", errors=1, borrowed=("quote_rates",)), Level.BRONZE),
        ([PASSED], Facts("acme", "1.2", errors=1), Level.SILVER),
        ([PASSED], Facts("acme", "1.2", errors=1, recorded="2026-11-23"), Level.SILVER),
        ([PASSED], Facts("acme", "1.2", errors=1, recorded="2026-11-23", limits=True), Level.GOLD),
        ([PASSED], Facts("acme", "1.2", network=False, limits=True), Level.SILVER),
    ],
)
def test_the_level_is_computed_from_what_was_proved(
    results: list[Result], facts: Facts, reached: Level
) -> None:
    found, missing = level(results, facts)
    assert found == reached and (not missing) == (reached == Level.GOLD)


def test_a_recording_of_our_own_twin_proves_nothing_about_the_vendor() -> None:
    def sample(**changes: Any) -> Sample:
        told = {"recorded_at": NOON.isoformat(), "connector": "acme", "source": "vendor"}
        return Sample("one", json.dumps({**told, **changes}).encode())

    assert youngest([sample()], "acme") == "2026-11-23"
    for other in ({"source": "twin"}, {"connector": "b"}, {"recorded_at": "2026-11-23T12:00:00"}):
        assert youngest([sample(**other)], "acme") == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# Acme\n\n## Limits\n\n| What | How many |\n|---|---|\n", True),
        ("# Acme\n\n## Limits\n\nNone known.\n", False),
        ("# Acme\n\n| a | b |\n", False),
        ("## Limits\n\n## Fields\n\n| a | b |\n", False),
    ],
)
def test_a_table_of_limits_stands_under_its_heading(tmp_path: Path, text: str, told: bool) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "README.md").write_text(text)
    assert tells_limits(tmp_path / "tests" / "test_conformance.py") is told


def test_a_report_says_what_failed_and_what_is_missing() -> None:
    told = "\n".join(pages(document(FACTS, [PASSED, FAILED, WAIVED])))
    for part in ("acme 1.2", "the oldest change comes first (pull_orders)", "o2 after o3",
                 "the vendor says it otherwise", "level: none"):  # fmt: skip
        assert part in told


def test_the_kit_carries_the_meta_schema_of_the_repository() -> None:
    copy = ROOT / "hub" / "testing" / "suite" / "connector-config.json"
    assert copy.read_bytes() == (ROOT / "schemas" / "connector-config.json").read_bytes()


# --- a trial in a process of its own --------------------------------------------------------------


def test_a_folder_on_trial_is_reported_with_its_waivers_and_its_failures(tmp_path: Path) -> None:
    (tmp_path / "hub_tiny.py").write_text(
        textwrap.dedent("""\
        from hub.sdk import CAPABILITIES, Account, Connector, Family, hookimpl

        class Tiny:
            def __init__(self, opening): ...
            def check(self):
                return Account(id="1", title="Tiny")

        @hookimpl
        def hub_connectors():
            lacks = dict.fromkeys(CAPABILITIES["payments"], "no")
            schema = {"type": "object", "properties": {}}
            return [Connector(name="tiny", title="Tiny", family=Family.PAYMENTS, factory=Tiny,
                              config_schema=schema, provides=(), lacks=lacks)]
        """)
    )
    (tmp_path / "test_tiny.py").write_text(
        textwrap.dedent("""\
        import sys; sys.path.insert(0, ".")
        from hub.testing import ConnectorSuite

        class TestTiny(ConnectorSuite):
            connector = "tiny"
            module = "hub_tiny"
            waivers = {"its_schema_meets_the_meta_schema": "there is nothing to set"}

        def test_of_somebody_else():
            raise AssertionError("not part of the trial")
        """)
    )
    (report,) = run(trial_of(str(tmp_path)))
    assert (report["connector"], report["level"]) == ("tiny", "none")
    by_outcome = {one["outcome"]: one for one in report["checks"]}
    assert by_outcome["waived"]["sentence"] == "there is nothing to set"
    assert by_outcome["failed"]["check"] == "what_it_lacks_is_said_in_sentences"
    assert report["counts"]["failed"] == report["counts"]["waived"] == 1


def test_a_folder_without_a_suite_and_a_name_nobody_brings_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NoTrialError, match="ConnectorSuite"):
        trial_of(str(tmp_path))
    with pytest.raises(UnknownConnectorError, match="nobody"):
        trial_of("nobody")


def test_an_installed_connector_is_found_with_its_own_suite() -> None:
    found = trial_of("flatrate")
    assert found.connector == "flatrate"
    assert [module.name for module in found.modules] == ["test_conformance.py"]


def test_the_command_ends_as_the_trial_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.testing.trial.run", lambda trial: [document(FACTS, [PASSED, FAILED])])
    ran = CliRunner().invoke(app, ["plugin", "check", "flatrate", "--json"])
    assert ran.exit_code == 1 and json.loads(ran.stdout)[0]["level"] == "none"
    monkeypatch.setattr("hub.testing.trial.run", lambda trial: [document(FACTS, [PASSED])])
    ran = CliRunner().invoke(app, ["plugin", "check", "flatrate"])
    assert ran.exit_code == 0 and "level: bronze" in ran.stdout
    assert CliRunner().invoke(app, ["plugin", "check", "nobody"]).exit_code == 3


# --- recordings -----------------------------------------------------------------------------------


def test_a_recording_is_dated_and_names_nobody(tmp_path: Path) -> None:
    (descriptor,) = good.connector()
    with running(vendor.twin, data=tmp_path / "twin.db") as twin:
        request = Request(
            connector=descriptor, version="1.2", config=vendor.twin.connects(twin.url),
            allow=AllowedAddresses.parse([twin.url.removeprefix("http://")]), ca_file=None,
            clock=lambda: NOON,
        )  # fmt: skip
        files = record(request, tmp_path / "samples")
        assert twin.log.effects() == []
    texts = {str(file.relative_to(tmp_path / "samples")): file.read_text() for file in files}
    assert {*texts} == {"orders/recorded-1.json", "orders/recorded-2.json",
                        "recordings/2026-11-23.json"}  # fmt: skip
    for text in texts.values():
        assert "Quillfeather" not in text and "Canary" not in text and vendor.TOKEN not in text
    told = json.loads(texts["recordings/2026-11-23.json"])
    assert (told["source"], told["recorded_at"]) == ("twin", "2026-11-23T12:00:00+00:00")
    assert [one["path"] for one in told["exchanges"]] == ["/me", "/orders?since=••••"]
    assert json.loads(texts["orders/recorded-1.json"])["lines"][0]["title"] == "Mug"


def test_masking_keeps_numbers_products_and_shapes() -> None:
    raw = (
        b'{"total":12.3400,"name":"Mug","billing":{"name":"Ada B","postcode":"NW1 6XE",'
        b'"country":"GB","email":"ada@b.example"},"key":"tok-1234"}'
    )
    masked = masked_bytes(raw, Redactor([Secret("tok-1234")])).decode()
    assert "12.3400" in masked and '"Mug"' in masked and '"GB"' in masked
    assert '"xxx x"' in masked and '"xx0 0xx"' in masked and '"person@example.test"' in masked
    assert "tok-1234" not in masked
