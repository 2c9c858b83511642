"""`hub twin`: a simulated vendor alone, to try a hub, a connector or an app of one's own on."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.exits import Exit, NotFoundError, UsageError
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.printing import Cells, print_facts, print_json, print_rows, say
from hub.registry import load_plugins
from hub.sdk.config import secret_fields
from hub.sdk.connector import Connector
from hub.testing.twins import PROFILES, Twin, load_twin
from hub.testing.twins.serving import Stage, set_up, when_started

CELLS: Cells = {
    "name": lambda row: row["name"],
    "title": lambda row: row["title"],
    "family": lambda row: row["family"],
    "import string": lambda row: row["twin"],
}


Name = Annotated[
    str, typer.Argument(help="A connector of --list, or an import string: package.twin:twin.")
]
Data = Annotated[
    Path | None, typer.Option(help="The twin's file, by default NAME-twin.db in this folder.")
]
Samples = Annotated[
    Path | None, typer.Option(help="Folder to fill a new file from, if the twin reads one.")
]
Weather = Annotated[str, typer.Option(help=f"The weather: {', '.join(PROFILES)}.")]
Options = Annotated[
    list[str], typer.Option("--option", metavar="NAME=VALUE", help="An option of the twin.")
]


def twin(
    name: Name = "",
    list_all: Annotated[bool, typer.Option("--list", help="List the twins installed.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    data: Data = None,
    profile: Weather = "calm",
    seed: Annotated[int, typer.Option(help="The same seed, the same faults.")] = 0,
    samples: Samples = None,
    option: Options = [],  # noqa: B006 - the command line makes a new one
    as_json: Json = False,
) -> None:
    """Run a simulated vendor on this machine, until Ctrl-C.

    It speaks the vendor's own interface over HTTP, for a hub or any program.

    All it knows is in one file: the same command goes on where it stopped.

    GET /_twin/log says what was really done there.

    PUT /_twin/profile changes the weather, POST /_twin/faults breaks one thing.

    PUT /_twin/clock moves its time, POST /_twin/actions/NAME lets things happen.
    """
    connectors = _with_a_twin()
    if list_all:
        rows = [_row(one) for one in connectors.values()]
        return print_rows(rows, CELLS, as_json, "No installed connector brings a twin.")
    place, connector = _found(name, connectors)
    if profile not in PROFILES:
        raise UsageError(f"there is no profile {profile!r}; there are {', '.join(PROFILES)}")
    options = {**_options(option), "profile": profile, "seed": str(seed)}
    chosen = load_twin(place)
    file = data or Path(f"{chosen.name}-twin.db")
    stage = set_up(chosen, data=file, seed=samples, port=port, options=options)
    _serve(stage, lambda: _tell(stage, chosen, connector, as_json))
    raise typer.Exit(Exit.INTERRUPTED)


def _serve(stage: Stage, announce: Any) -> None:
    when_started(stage.server, announce)
    try:
        stage.server.run(sockets=[stage.listener])
    except KeyboardInterrupt:  # uvicorn has shut down by now, and hands it on
        pass
    finally:
        stage.close()
        say(f"The twin has stopped; {stage.state.path} keeps what happened.")


def _with_a_twin() -> dict[str, Connector]:
    settings = installed()
    registry = load_plugins(
        settings.listed(settings.plugins), settings.listed(settings.plugin_modules)
    )
    return {name: one for name, one in registry.connectors.items() if one.twin}


def _found(name: str, connectors: Mapping[str, Connector]) -> tuple[str, Connector | None]:
    if not name:
        raise UsageError("name a twin; hub twin --list lists them")
    if name in connectors:
        return str(connectors[name].twin), connectors[name]
    if ":" not in name:
        known = ", ".join(connectors) or "none"
        raise NotFoundError(f"no installed connector {name!r} brings a twin; there are {known}")
    return name, next((one for one in connectors.values() if one.twin == name), None)


def _options(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise UsageError(f"--option takes name=value, not {text!r}")
    return dict(text.split("=", 1) for text in given)


def _row(connector: Connector) -> dict[str, str]:
    return {
        "name": connector.name, "title": connector.title, "family": connector.family.value,
        "twin": str(connector.twin),
    }  # fmt: skip


def _tell(stage: Stage, chosen: Twin, connector: Connector | None, as_json: bool) -> None:
    url = stage.state.url
    settings = dict(chosen.connects(url))
    options = stage.state.options
    facts = {
        "twin": chosen.name, "address": url, "settings": settings, "control": f"{url}/_twin",
        "profile": options["profile"], "seed": options["seed"], "data": str(stage.state.path),
        "actions": sorted(chosen.actions),
    }  # fmt: skip
    if as_json:
        print_json(facts)
    else:
        _print(facts, connector, url, settings)
    say(f"{chosen.title} is at work. Ctrl-C stops it.")


def _print(
    facts: Mapping[str, Any], connector: Connector | None, url: str, settings: Mapping[str, Any]
) -> None:
    shown = " ".join(f"{name}={value}" for name, value in settings.items())
    print_facts({**facts, "settings": shown})
    if connector:
        print("\nA hub is connected to it by:\n  " + _connecting(connector, url, settings))
    if facts["actions"]:
        print(f"\nSomething happens there by:\n  curl -X POST {url}/_twin/actions/NAME -d '{{}}'\n")


def _connecting(connector: Connector, url: str, settings: Mapping[str, Any]) -> str:
    """Give the whole command; secrets go by the environment, as `hub connect` wants them."""
    hidden = secret_fields(connector.config_schema) & settings.keys()
    env = {f"HUB_SECRET_{name.upper()}": str(settings[name]) for name in sorted(hidden)}
    words = ["export", f"HUB_ALLOW_HOSTS={url.partition('//')[2]};"]  # a later sync needs it too
    words += [f"{name}={shlex.quote(value)}" for name, value in env.items()]
    words += ["hub", "connect", connector.name, "--code", "TWIN"]
    for name, value in settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        words += ["--secret", name] if name in hidden else ["--set", shlex.quote(f"{name}={text}")]
    return " ".join(words)
