"""The READMEs say what the code has: settings, hooks, capabilities, errors, events, job kinds."""

import inspect
import re
from pathlib import Path

import pytest

from hub.records.events import EventKind
from hub.sdk import errors, hooks
from hub.sdk.capabilities import CAPABILITIES
from hub.services.reactions import REACTIONS
from hub.services.work import WORK
from hub.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PLUGINS = (ROOT / "plugins" / "README.md").read_text()
HOUSE = (ROOT / "hub" / "README.md").read_text()


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    documented = set(re.findall(r"`HUB_([A-Z_]+)`", README))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_the_hooks_table_names_every_hook_with_its_arguments() -> None:
    declared = {
        f"{name}({', '.join(inspect.signature(hook).parameters)})"
        for name, hook in vars(hooks).items()
        if name.startswith("hub_")
    }
    assert set(re.findall(r"^\| `(hub_\w+\(.*?\))`", PLUGINS, re.M)) == declared


@pytest.mark.parametrize("family", [name for name, protocols in CAPABILITIES.items() if protocols])
def test_the_capabilities_table_names_every_capability_of_a_family(family: str) -> None:
    row = next(line for line in PLUGINS.splitlines() if line.startswith(f"| {family} |"))
    assert re.findall(r"`(\w+)`", row) == [one.__name__ for one in CAPABILITIES[family]]


def test_the_errors_table_names_every_error_a_connector_may_meet() -> None:
    declared = {
        name
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and kind.__module__ == errors.__name__
    } - {"HubError", "ConnectorError"}
    assert set(re.findall(r"^\| `(\w+Error)`", PLUGINS, re.M)) == declared


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
