"""Finding plugins: a broken one is shown with its reason, and never takes the others with it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.records.events import Event, EventKind
from hub.registry import (
    PluginConflictError,
    Registry,
    UnknownConnectorError,
    check_descriptor,
    load_plugins,
)
from hub.sdk.containment import ConnectorFaultError
from hub.sdk.errors import ConfigError
from hub.sdk.secrets import Secret
from tests.records.order_example import PLACED

BUNDLED = {"woocommerce", "flatrate", "offline"}

CONNECTOR = """
from hub.sdk import CAPABILITIES, Connector, Family
from hub.sdk.hooks import hookimpl

class Opened:
    def __init__(self, opening):
        self.opening = opening

def connector(name="{name}", **fields):
    lacks = {{one: "Not this vendor." for one in CAPABILITIES["payments"]}}
    given = dict(name=name, title=name, family=Family.PAYMENTS, factory=Opened,
                 config_schema={{}}, provides=(), lacks=lacks)
    return Connector(**{{**given, **fields}})
"""
WELL = (
    CONNECTOR
    + """
@hookimpl
def hub_connectors():
    return [connector()]
"""
)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Write a module and give its name; forgotten again after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written: list[str] = []

    def module(name: str, source: str) -> str:
        (tmp_path / f"{name}.py").write_text(source)
        written.append(name)
        return name

    yield module
    for name in written:
        sys.modules.pop(name, None)


def error_of(registry: Registry, module: str) -> str:
    (plugin,) = (one for one in registry.plugins if one.name == module)
    assert not plugin.connectors
    return plugin.error


def test_the_bundled_plugins_are_found_and_well() -> None:
    registry = load_plugins()
    assert set(registry.connectors) >= BUNDLED
    assert [plugin.error for plugin in registry.plugins if plugin.error] == []
    assert all(plugin.version for plugin in registry.plugins)


def test_a_module_may_be_loaded_as_a_plugin_without_an_entry_point(write: Any) -> None:
    registry = load_plugins(modules=[write("shop_plugin", WELL.format(name="shop"))])
    assert registry.connector("shop").title == "shop"
    assert set(registry.connectors) >= BUNDLED


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def hub_connectors(:", "SyntaxError"),
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        (WELL + "\n@hookimpl\ndef hub_conectors(): ...", "unknown hook 'hub_conectors'"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): raise ValueError('late')", "ValueError"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): return [None]",
         "hub_connectors gives a NoneType, not a Connector"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): return 7", "TypeError"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): return 'woocommerce'",
         "gives a str, not a Connector"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors():\n    while True: yield connector()",
         "more than 200"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): raise BaseException('cruel')",
         "BaseException: cruel"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): import sys; sys.exit(3)", "SystemExit: 3"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): return hub_connectors()",
         "RecursionError"),
        (WELL + "\n@hookimpl\ndef hub_routing_rules(): return [lambda: None]",
         "hub_routing_rules gives a function, not a RoutingRule"),
        (WELL + "\n@hookimpl\ndef hub_routing_rules(): 1 / 0", "ZeroDivisionError"),
        ("class Cruel(BaseException): pass\nraise Cruel('at import')", "Cruel: at import"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): return [connector(lacks={{}})]",
         "neither provides nor lacks CapturePayment, PullPayments, RefundPayment, VoidPayment"),
        (CONNECTOR + "\n@hookimpl\ndef hub_connectors(): return [connector(sdk='2.0')]",
         "is written for SDK 2.0, not 1.0"),
        (WELL + "\n@hookimpl\ndef hub_event(event, weather): ...", "PluginValidationError"),
    ],
)  # fmt: skip
def test_a_broken_plugin_is_shown_with_its_reason_and_the_others_run(
    write: Any, source: str, reason: str
) -> None:
    broken = write("broken_plugin", source.format(name="broken"))
    well = write("well_plugin", WELL.format(name="well"))
    registry = load_plugins(modules=[broken, well])
    assert reason in error_of(registry, broken)
    (plugin,) = (one for one in registry.plugins if one.name == broken)
    assert "Traceback" in plugin.trace
    assert set(registry.connectors) >= {*BUNDLED, "well"}
    assert "broken" not in registry.connectors


def test_a_broken_plugin_hears_of_nothing(write: Any) -> None:
    source = (
        WELL
        + """
@hookimpl
def hub_event(event):
    raise AssertionError("it was told")

@hookimpl
def hub_evnet(event): ...
"""
    )
    registry = load_plugins(modules=[write("broken_plugin", source.format(name="broken"))])
    registry.observe_event(EVENT)


def test_two_plugins_with_one_connector_are_refused_by_both_names(write: Any) -> None:
    first = write("first_plugin", WELL.format(name="shop"))
    second = write("second_plugin", WELL.format(name="shop"))
    with pytest.raises(
        PluginConflictError, match="first_plugin and second_plugin both bring the connector"
    ):
        load_plugins(modules=[first, second])


def test_two_plugins_with_one_routing_rule_are_refused_by_both_names(write: Any) -> None:
    rule = """
from hub.sdk import RoutingRule

@hookimpl
def hub_routing_rules():
    return [RoutingRule("nearest", lambda request, places: (list(places), []))]
"""
    modules = [write(name, WELL.format(name=name) + rule) for name in ("one_rule", "two_rule")]
    with pytest.raises(PluginConflictError, match="one_rule and two_rule both bring the routing"):
        load_plugins(modules=modules)


def test_a_module_that_is_loaded_twice_is_one_plugin_and_a_broken_one(write: Any) -> None:
    module = write("twice_plugin", WELL.format(name="shop"))
    registry = load_plugins(modules=[module, module])
    assert [bool(one.error) for one in registry.plugins if one.name == module] == [False, True]
    assert registry.connector("shop")


def test_a_factory_that_ends_the_process_fails_instead(write: Any) -> None:
    source = (
        CONNECTOR.format(name="shop")
        + """
import sys

@hookimpl
def hub_connectors():
    return [connector(factory=lambda opening: sys.exit(3))]
"""
    )
    registry = load_plugins(modules=[write("mine", source)])
    with pytest.raises(ConnectorFaultError, match="the factory of shop tried to end"):
        registry.open("c1", "shop", {}, {}, None, None)  # type: ignore[arg-type]


def test_a_plugin_that_claims_a_bundled_name_is_refused(write: Any) -> None:
    with pytest.raises(PluginConflictError, match="woocommerce and mine"):
        load_plugins(modules=[write("mine", WELL.format(name="woocommerce"))])


def test_loading_can_be_limited_by_name(write: Any) -> None:
    registry = load_plugins(only=["flatrate"], modules=[write("mine", WELL.format(name="shop"))])
    assert set(registry.connectors) == {"flatrate", "shop"}


def test_a_limit_that_names_nobody_is_shown_as_a_broken_plugin() -> None:
    registry = load_plugins(only=["flatrate", "flatrat"])
    assert set(registry.connectors) == {"flatrate"}
    assert "no plugin flatrat is installed" in error_of(registry, "flatrat")


def test_an_unknown_connector_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownConnectorError, match="'shopfy'.* flatrate"):
        load_plugins(only=["flatrate"]).connector("shopfy")


def test_a_connector_that_says_what_it_lacks_is_accepted(write: Any) -> None:
    registry = load_plugins(modules=[write("mine", WELL.format(name="shop"))])
    check_descriptor(registry.connector("shop"))


def test_the_sdk_of_another_major_version_is_refused(write: Any) -> None:
    module = CONNECTOR.format(name="shop") + "made = [connector(sdk=v) for v in ('1.9', '0.9')]\n"
    write("mine", module)
    import mine  # type: ignore[import-not-found]

    same, older = mine.made
    check_descriptor(same)
    with pytest.raises(ConfigError, match="SDK 0.9"):
        check_descriptor(older)


def test_an_opened_connection_has_its_secrets_wrapped_and_offers_what_it_claims(
    write: Any,
) -> None:
    from hub.sdk.capabilities import PullOrders

    registry = load_plugins(modules=[write("mine", WELL.format(name="shop"))])
    opened = registry.open("c1", "shop", {"url": "u"}, {"key": "hunter2"}, None, None)  # type: ignore[arg-type]
    opening = opened.connector.opening  # type: ignore[attr-defined]
    assert (opening.connection, opening.config["url"]) == ("c1", "u")
    assert opening.secret("key").reveal() == "hunter2"
    assert opening.secret("url") == opening.secret("absent") == Secret("")
    assert opened.offering(PullOrders) is None


def test_every_client_of_a_connection_knows_all_its_secrets(write: Any) -> None:
    given: dict[str, Any] = {}

    def http(base_url: str, **options: Any) -> None:
        given.update(options)

    registry = load_plugins(modules=[write("mine", WELL.format(name="shop"))])
    hidden = {"key": "hunter2-key", "webhook_secret": "hunter2-hook"}
    opened = registry.open("c1", "shop", {"url": "u"}, hidden, http, None)  # type: ignore[arg-type]
    opened.connector.opening.http("https://shop.example", secrets=())  # type: ignore[attr-defined]
    assert [one.reveal() for one in given["secrets"]] == list(hidden.values())


def test_a_plugin_s_routing_stages_are_collected(write: Any) -> None:
    source = (
        WELL
        + """
from hub.sdk import RoutingRule

@hookimpl
def hub_routing_rules():
    return [RoutingRule("nearest", lambda request, places: (list(places), []))]
"""
    )
    registry = load_plugins(modules=[write("mine", source.format(name="shop"))])
    assert [rule.name for rule in registry.routing_rules()] == ["nearest"]


# --- observers --------------------------------------------------------------------------------

EVENT = Event(id="e", kind=EventKind.ORDER_PLACED, subject_id="order-1", at=PLACED)

OBSERVER = (
    WELL
    + """
heard = []

@hookimpl
def hub_event(event):
    heard.append(event.subject_id)

@hookimpl
def hub_exchange():
    heard.append("exchange")
"""
)
FAILING = (
    WELL
    + """
@hookimpl
def hub_event(event):
    raise RuntimeError("the observer's own trouble")

@hookimpl
def hub_exchange(exchange):
    raise SystemExit("the observer's own trouble")
"""
)


def test_an_observer_that_fails_is_logged_and_the_others_are_told(
    write: Any, caplog: pytest.LogCaptureFixture
) -> None:
    modules = [
        write("one", OBSERVER.format(name="one")), write("bad", FAILING.format(name="bad")),
        write("two", OBSERVER.format(name="two")),
    ]  # fmt: skip
    registry = load_plugins(modules=modules)
    registry.observe_event(EVENT)
    registry.observe_exchange(None)  # type: ignore[arg-type]
    import one  # type: ignore[import-not-found]
    import two  # type: ignore[import-not-found]

    assert one.heard == two.heard == ["order-1", "exchange"]
    assert caplog.messages == ["the observer bad failed"] * 2
