"""The connector on trial: found, loaded, and what it declares."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from hub.registry import Plugin, load_plugins
from hub.sdk.capabilities import CAPABILITIES
from hub.sdk.connector import Connector, OpenConnector
from hub.sdk.errors import ConfigError
from hub.testing.suite.samples import Samples
from hub.testing.suite.verbs import Sort, Verb, all_verbs
from hub.testing.twins import Twin, load_twin

CHECK = Verb(OpenConnector, "check")
"""Every connector has it, whatever else it provides."""


@dataclass(frozen=True)
class Subject:
    """A connector as a suite names it."""

    name: str
    plugin: Plugin | None
    descriptor: Connector | None
    fault: str
    """Why the hub would not take it; empty when it does."""
    samples: Samples

    @property
    def declared(self) -> Connector:
        """The descriptor; only asked for where there is one."""
        assert self.descriptor is not None
        return self.descriptor

    @cached_property
    def family(self) -> Sequence[type]:
        """Every capability its family knows, in the order of the sdk."""
        return CAPABILITIES.get(str(self.declared.family), ())

    @cached_property
    def twin(self) -> Twin | None:
        """The simulated vendor; None for a connector that talks to nobody."""
        return load_twin(self.declared.twin) if self.declared.twin else None

    def verbs(self, *sorts: Sort) -> tuple[Verb, ...]:
        """Give the verbs it provides, of these sorts only when some are named."""
        every = all_verbs(self.declared.provides)
        return tuple(verb for verb in every if not sorts or verb.sort in sorts)

    def lacking(self, *sorts: Sort) -> str:
        """Give the reasons why it has no verb of these sorts, in its own words."""
        silent = [one for one in self.family if one not in self.declared.provides]
        sentences = {
            self.declared.lacks.get(verb.capability, f"it does not provide {verb}")
            for verb in all_verbs(silent)
            if verb.sort in sorts
        }
        return "; ".join(sorted(sentences)) or "its family has nothing of the kind"


_known: WeakKeyDictionary[type, Subject] = WeakKeyDictionary()


def subject_of(suite: Any) -> Subject:
    """Find the connector a suite names; found once a suite."""
    if suite not in _known:
        _known[suite] = _found(suite)
    return _known[suite]


def _found(suite: Any) -> Subject:
    samples = Samples(suite.samples)
    try:
        plugin = _plugin(suite.connector, suite.module)
        descriptor = next((c for c in _brought(plugin) if c.name == suite.connector), None)
    except Exception as error:  # whatever a plugin does wrong, the first check tells it
        return Subject(suite.connector, None, None, f"{type(error).__name__}: {error}", samples)
    fault = plugin.error
    if descriptor is None and not fault:
        fault = f"{plugin.name} brings no connector {suite.connector!r}"
    return Subject(suite.connector, plugin, descriptor, fault, samples)


def _plugin(connector: str, module: str) -> Plugin:
    if module:
        return load_plugins(("none",), (module,)).plugins[-1]
    alone = load_plugins((connector,))  # by rule the entry point has the connector's name
    if connector not in alone.connectors:
        everything = load_plugins()
        for plugin in everything.plugins:
            if any(one.name == connector for one in plugin.connectors):
                return plugin
    if not alone.plugins:
        raise ConfigError(f"no plugin {connector} is installed")
    return alone.plugins[-1]


def _brought(plugin: Plugin) -> Sequence[Connector]:
    """Give the descriptors, also of a plugin that the hub refused for what they say."""
    if not plugin.error or not plugin.module:
        return plugin.connectors
    module, _, attribute = plugin.module.partition(":")
    loaded = importlib.import_module(module)
    loaded = getattr(loaded, attribute) if attribute else loaded
    collect = getattr(loaded, "hub_connectors", None)
    return tuple(collect()) if collect else ()
