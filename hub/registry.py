"""Finds plugins one by one, isolates a broken one, and opens a connection as a connector."""

import importlib
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from hub.records.base import Clock
from hub.records.connection import Account
from hub.records.events import Event
from hub.sdk import hooks
from hub.sdk.capabilities import CAPABILITIES
from hub.sdk.config import join_secrets
from hub.sdk.connector import SDK_VERSION, Connector, HttpFactory, OpenConnector, Opening
from hub.sdk.containment import Contained, contain
from hub.sdk.errors import ConfigError
from hub.sdk.exchange import Exchange
from hub.sdk.http import USER_AGENT, HttpClient
from hub.sdk.mail import MailFactory, no_mail
from hub.sdk.rules import ReorderRule, RoutingRule
from hub.sdk.secrets import Secret

GROUP = "hub.plugins"
MOST_BROUGHT = 200
"""Connectors, or rules, of one plugin."""
_log = logging.getLogger("hub.registry")
T = TypeVar("T")


class UnknownConnectorError(ConfigError):
    """No installed plugin brings this connector."""


class PluginConflictError(ConfigError):
    """Two plugins claim one connector name: the hub refuses to guess which is meant."""


@dataclass(frozen=True)
class Plugin:
    """An installed plugin as it was found: what it brings, or why it is broken."""

    name: str
    module: str
    version: str
    connectors: tuple[Connector, ...] = ()
    routing_rules: tuple[RoutingRule, ...] = ()
    reorder_rules: tuple[ReorderRule, ...] = ()
    error: str = ""
    """One sentence; empty when the plugin is well."""
    trace: str = field(default="", repr=False)


@dataclass(frozen=True)
class Opened:
    """An opened connection: the connector made for it, and its descriptor.

    Services use what `offering` gives: there the connector is held to its contract.
    """

    connection_id: str
    descriptor: Connector
    connector: OpenConnector

    def offering(self, capability: type[T]) -> T | None:
        """Give the connector as this capability, or None when it does not provide it."""
        if capability not in self.descriptor.provides:
            return None
        return Contained(self.descriptor.name, self.connector)  # type: ignore[return-value]


class Registry:
    """Every plugin found, and the hooks they answer."""

    def __init__(self, plugins: Sequence[Plugin], manager: pluggy.PluginManager) -> None:
        self.plugins = tuple(plugins)
        self._hook = manager.hook
        self._connectors = _unique(plugins)

    @property
    def connectors(self) -> Mapping[str, Connector]:
        """Every connector by name."""
        return self._connectors

    def connector(self, name: str) -> Connector:
        """Give a connector by name; raises `UnknownConnectorError`."""
        found = self._connectors.get(name)
        if found is None:
            known = ", ".join(sorted(self._connectors)) or "none"
            raise UnknownConnectorError(f"no plugin brings {name!r}; the connectors are {known}")
        return found

    def routing_rules(self) -> list[RoutingRule]:
        """Collect the routing stages that plugins bring."""
        return [rule for plugin in self.plugins for rule in plugin.routing_rules]

    def reorder_rules(self) -> list[ReorderRule]:
        """Collect the reorder rules that plugins bring."""
        return [rule for plugin in self.plugins for rule in plugin.reorder_rules]

    def open(
        self, connection_id: str, name: str, shown: Mapping[str, Any],
        secrets: Mapping[str, str], http: HttpFactory, clock: Clock,
        account: Account | None = None, mail: MailFactory = no_mail,
    ) -> Opened:  # fmt: skip
        """Open a connection as a connector."""
        descriptor = self.connector(name)
        client = _client(name, http, tuple(map(Secret, secrets.values())))
        opening = Opening(
            connection_id, join_secrets(shown, secrets), client, clock, mail=mail, account=account
        )
        connector = contain(f"the factory of {name}", lambda: descriptor.factory(opening))
        return Opened(connection_id, descriptor, connector)

    def observe_event(self, event: Event) -> None:
        """Tell observers of a committed fact."""
        _tell(self._hook.hub_event, event)

    def observe_exchange(self, exchange: Exchange) -> None:
        """Tell observers of a finished call."""
        _tell(self._hook.hub_exchange, exchange)


def _client(connector: str, http: HttpFactory, secrets: tuple[Secret, ...]) -> HttpFactory:
    """Let every client say which connector of which hub calls, and know what it must not repeat."""
    named = {"user_agent": f"{USER_AGENT} ({connector})"}

    def client(base_url: str, **options: Any) -> HttpClient:
        return http(base_url, **{**named, **options, "secrets": secrets})

    return client


def _tell(hook: pluggy.HookCaller, fact: object) -> None:
    """Tell every observer; one that fails is logged, the others and the work go on."""
    for observer in hook.get_hookimpls():
        try:
            observer.function(*[fact] * len(observer.argnames))
        except KeyboardInterrupt:
            raise
        except BaseException:  # it comes after the fact, which it must not seem to undo
            _log.exception("the observer %s failed", observer.plugin_name)


def load_plugins(only: Iterable[str] = (), modules: Iterable[str] = ()) -> Registry:
    """Load every installed plugin (or `only` these entry points) and these extra modules."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    wanted = frozenset(only)
    installed = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    plugins = [
        _load(manager, entry.name, entry.value, _version(entry), entry.load)
        for entry in installed
        if not wanted or entry.name in wanted
    ]
    for name in sorted(wanted - {entry.name for entry in installed}):
        plugins.append(Plugin(name, "", "", error=f"no plugin {name} is installed"))
    for module in modules:
        plugins.append(_load(manager, module, module, "", _importer(module)))
    return Registry(plugins, manager)


def _importer(module: str) -> Callable[[], ModuleType]:
    return lambda: importlib.import_module(module)


def _version(entry: EntryPoint) -> str:
    return entry.dist.version if entry.dist else ""


def _load(
    manager: pluggy.PluginManager, name: str, module: str, version: str,
    load: Callable[[], Any],
) -> Plugin:  # fmt: skip
    loaded: Any = None
    try:
        loaded = load()
        manager.register(loaded, name=name)
        _refuse_misspelt(manager, loaded)
        connectors = _collected(loaded, "hub_connectors", Connector)
        for connector in connectors:
            check_descriptor(connector)
        routing = _collected(loaded, "hub_routing_rules", RoutingRule)
        reorder = _collected(loaded, "hub_reorder_rules", ReorderRule)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a broken plugin is shown; the others go on
        if loaded is not None and manager.is_registered(loaded):
            manager.unregister(loaded)
        reason = f"{type(error).__name__}: {error}"
        return Plugin(name, module, version, error=reason, trace=traceback.format_exc())
    return Plugin(name, module, version, connectors, routing, reorder)


def _refuse_misspelt(manager: pluggy.PluginManager, loaded: Any) -> None:
    known = set(vars(manager.hook))
    for name in dir(loaded):
        marked = getattr(getattr(loaded, name), f"{hooks.PROJECT}_impl", None)
        if marked and (marked.get("specname") or name) not in known:
            raise ConfigError(f"{name} is not a hook; there are {', '.join(sorted(known))}")
    manager.check_pending()


def _collected(loaded: Any, hook: str, kind: type[T]) -> tuple[T, ...]:
    """Ask a plugin what it brings; raises `ConfigError` for anything but things of this kind."""
    collect = getattr(loaded, hook, None)
    brought = collect() if collect else ()
    found = tuple(islice(brought, MOST_BROUGHT + 1))
    if len(found) > MOST_BROUGHT:
        raise ConfigError(f"{hook} gives more than {MOST_BROUGHT}; it must end")
    for one in found:
        if not isinstance(one, kind):
            raise ConfigError(f"{hook} gives a {type(one).__name__}, not a {kind.__name__}")
    return found


def check_descriptor(connector: Connector) -> None:
    """Raise `ConfigError` unless a descriptor covers its family and fits this SDK."""
    if connector.sdk.split(".")[0] != SDK_VERSION.split(".")[0]:
        raise ConfigError(f"{connector.name} is written for SDK {connector.sdk}, not {SDK_VERSION}")
    family = set(CAPABILITIES[connector.family.value])
    silent = family - set(connector.provides) - set(connector.lacks)
    if silent:
        names = ", ".join(sorted(protocol.__name__ for protocol in silent))
        raise ConfigError(f"{connector.name} neither provides nor lacks {names}; say which")


def _unique(plugins: Sequence[Plugin]) -> dict[str, Connector]:
    """Give connectors by name; raises `PluginConflictError` for a name that is claimed twice."""
    _refuse_twice("routing rule", [(p, rule.name) for p in plugins for rule in p.routing_rules])
    _refuse_twice("reorder rule", [(p, rule.name) for p in plugins for rule in p.reorder_rules])
    _refuse_twice("connector", [(p, one.name) for p in plugins for one in p.connectors])
    return {one.name: one for plugin in plugins for one in plugin.connectors}


def _refuse_twice(what: str, claims: Sequence[tuple[Plugin, str]]) -> None:
    owner: dict[str, str] = {}
    for plugin, name in claims:
        if name in owner:
            raise PluginConflictError(
                f"{owner[name]} and {plugin.name} both bring the {what} {name!r}; "
                "remove one, or load only one with HUB_PLUGINS"
            )
        owner[name] = plugin.name
