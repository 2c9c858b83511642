"""The READMEs say what the code has: settings, hooks, capabilities, errors, events, job kinds."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import hub.sdk as sdk
import hub.sdk.http as sdk_http
import hub.testing.twins as twins
from hub.cli.lazy import load
from hub.cli.main import COMMANDS
from hub.records.events import EventKind
from hub.services.reactions import REACTIONS
from hub.services.work import WORK
from hub.settings import Settings
from hub.testing import ConnectorSuite
from tests.doc_tables import MEANINGS, TABLES, table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PLUGINS = (ROOT / "plugins" / "README.md").read_text()
HOUSE = (ROOT / "hub" / "README.md").read_text()


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    documented = set(re.findall(r"`HUB_([A-Z_]+)`", README))
    assert documented == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", TABLES)
def test_each_table_of_the_readmes_is_what_the_code_says(name: str) -> None:
    standing = re.search(rf"<!-- table: {name} -->\n\n(.*?)\n<!-- end -->", README + PLUGINS, re.S)
    assert standing, f"no README has a place for the table of {name}"
    assert standing[1] == table(name), "python -m tests.doc_tables writes it anew"


def test_the_readmes_have_no_table_that_the_code_does_not_know() -> None:
    assert sorted(re.findall(r"<!-- table: (\w+) -->", README + PLUGINS)) == sorted(TABLES)


@pytest.mark.parametrize("kind", MEANINGS)
def test_the_meaning_of_every_field_of_the_descriptor_is_told(kind: type) -> None:
    assert list(MEANINGS[kind]) == [one.name for one in fields(kind)]


def test_every_command_that_the_connector_guide_names_exists() -> None:
    named = set(re.findall(r"\bhub ([a-z]+)(?: ([a-z]+))?", _code_of(PLUGINS)))
    assert {"plugin", "twin", "connect", "sync"} <= {name for name, _ in named}
    for name, verb in named:
        verbs = getattr(load(name, COMMANDS[name][0]), "commands", None)
        assert verbs is None or verb in verbs, f"hub {name} {verb}"


def _code_of(page: str) -> str:
    blocks = re.findall(r"^    .+$", page, re.M)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", page)])


def test_every_name_that_the_guide_takes_from_the_sdk_is_there() -> None:
    taken = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", PLUGINS))
    known = {*vars(sdk), *vars(twins), *vars(sdk_http), ConnectorSuite.__name__}
    assert len(taken) > 30 and taken <= known


def test_the_guide_names_all_that_an_author_may_say_in_a_suite() -> None:
    told = re.search(r"\| In your class \|.*?\n\n", PLUGINS, re.S)
    assert told
    hooks = {"arrange", "given"}
    assert set(re.findall(r"^\| `(\w+)", told[0], re.M)) == {
        *ConnectorSuite.__annotations__, *hooks
    }  # fmt: skip
    assert hooks <= set(vars(ConnectorSuite))


def test_every_fact_has_its_line_in_the_table_of_reactions() -> None:
    assert set(REACTIONS) == set(EventKind)


def test_every_reaction_is_a_kind_of_job() -> None:
    assert {kind for kinds in REACTIONS.values() for kind in kinds} <= set(WORK)


def test_the_map_of_the_house_names_every_room() -> None:
    rooms = {
        path.name + "/" if path.is_dir() else path.name
        for path in (ROOT / "hub").iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }
    assert {room for room in rooms if f"`{room}`" not in HOUSE} <= {"settings.py"}


def test_every_bundled_plugin_has_its_own_page() -> None:
    folders = [path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml")]
    assert folders
    assert [folder.name for folder in folders if not (folder / "README.md").exists()] == []


def test_every_link_of_the_readmes_leads_somewhere() -> None:
    for page in ROOT.glob("**/README.md"):
        if any(part.startswith(".") for part in page.relative_to(ROOT).parts):
            continue
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page}: {target}"
