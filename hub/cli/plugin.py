"""`hub plugin`: what is installed, what each connector can and cannot do, what is broken."""

import typer

from hub.cli.exits import Exit
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.printing import print_json, say
from hub.registry import Plugin, load_plugins
from hub.sdk.connector import Connector

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Installed plugins.")


@app.callback()
def _plugins() -> None:
    """Installed plugins and their connectors."""


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
