"""`hub plugin`: what is installed, what each connector can do, and how well it was proved."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.connect import Secrets, Set
from hub.cli.exits import Exit
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.plugin_new import new
from hub.cli.printing import print_json, say
from hub.cli.questions import gather
from hub.records.base import system_clock
from hub.registry import Plugin, Registry, load_plugins
from hub.sdk.connector import Connector

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Installed plugins.")


@app.callback()
def _plugins() -> None:
    """Installed plugins and their connectors."""


app.command("new")(new)


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """List plugins with their connectors; ends with 1 when one of them is broken."""
    settings = installed()
    registry = load_plugins(
        settings.listed(settings.plugins), settings.listed(settings.plugin_modules)
    )
    if as_json:
        print_json([_document(plugin) for plugin in registry.plugins])
    else:
        for plugin in registry.plugins:
            _print(plugin)
        if not registry.plugins:
            say("No plugin is installed: pip install hub-woocommerce")
    if any(plugin.error for plugin in registry.plugins):
        raise typer.Exit(Exit.FAILURE)


@app.command("check")
def check(
    named: Annotated[str, typer.Argument(metavar="NAME|PATH", help="A connector, or a folder.")],
    skipped: Annotated[bool, typer.Option("--skipped", help="Show what was skipped.")] = False,
    as_json: Json = False,
) -> None:
    """Put a connector on trial: the conformance suite, and the level it reaches.

    The level is none, bronze, silver or gold. Ends with 1 when a check failed.
    """
    from hub.testing.suite.report import pages
    from hub.testing.trial import run, trial_of

    installed()
    trial = trial_of(named)
    if not as_json and not trial.modules:
        say(f"{named} brings no conformance suite; asking what can be asked of anybody")
    reports: list[dict[str, Any]] = run(trial)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            print("\n".join(pages(report, skipped)))
    if any(report["level"] == "none" for report in reports):
        raise typer.Exit(Exit.FAILURE)


@app.command("record")
def record(
    connector: Annotated[str, typer.Argument(help="One of `hub plugin list`.")],
    out: Annotated[Path, typer.Option(help="The folder of samples to write to.")],
    given: Set = [],  # noqa: B006 - the command line makes a new one
    secret: Secrets = [],  # noqa: B006
    pages: Annotated[int, typer.Option(min=1, max=20, help="Of each stream.")] = 1,
    as_json: Json = False,
) -> None:
    """Record what a live account answers, masked and dated, as samples for `check`.

    It only reads. Look through the files before you commit them.
    """
    from hub.sdk.addresses import AllowedAddresses
    from hub.testing.record import Request
    from hub.testing.record import record as write

    settings = installed()
    registry = load_plugins(
        settings.listed(settings.plugins), settings.listed(settings.plugin_modules)
    )
    descriptor = registry.connector(connector)
    files = write(
        Request(
            connector=descriptor, version=_version(registry, connector),
            config=gather(descriptor.config_schema, given, secret),
            allow=AllowedAddresses.parse(settings.listed(settings.allow_hosts)),
            ca_file=settings.ca_file or None, clock=system_clock, pages=pages,
        ),
        out,
    )  # fmt: skip
    if as_json:
        print_json([str(file) for file in files])
    else:
        for file in files:
            print(file)
        say("Names, streets, mails and phones were masked; look through the files all the same.")


def _version(registry: Registry, connector: str) -> str:
    of = {one.name: plugin.version for plugin in registry.plugins for one in plugin.connectors}
    return of[connector]


def _document(plugin: Plugin) -> dict[str, object]:
    return {
        "name": plugin.name, "module": plugin.module, "version": plugin.version,
        "error": plugin.error, "connectors": [_connector(one) for one in plugin.connectors],
    }  # fmt: skip


def _connector(connector: Connector) -> dict[str, object]:
    fields = connector.config_schema.get("properties", {})
    return {
        "name": connector.name, "title": connector.title, "family": connector.family.value,
        "provides": [capability.__name__ for capability in connector.provides],
        "lacks": {capability.__name__: why for capability, why in connector.lacks.items()},
        "settings": {
            name: {"title": rule.get("title", name), "secret": bool(rule.get("writeOnly")),
                   "required": name in connector.config_schema.get("required", ())}
            for name, rule in fields.items()
        },
    }  # fmt: skip


def _print(plugin: Plugin) -> None:
    print(f"{plugin.name} {plugin.version}".rstrip())
    if plugin.error:
        print(f"  broken: {plugin.error}")
    for connector in plugin.connectors:
        print(f"  {connector.name}: {connector.title} ({connector.family})")
        print(f"    can: {', '.join(one.__name__ for one in connector.provides)}")
        for capability, why in connector.lacks.items():
            print(f"    cannot {capability.__name__}: {why}")
