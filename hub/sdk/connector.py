"""The descriptor: everything the hub knows about a connector before opening it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from hub.records.base import Clock, system_clock
from hub.records.connection import Account, Family
from hub.sdk.mail.road import MailFactory, no_mail
from hub.sdk.secrets import Secret

if TYPE_CHECKING:
    from hub.sdk.http import HttpClient

SDK_VERSION = "1.0"


class OpenConnector(Protocol):
    """What every opened connector has, whatever else it provides."""

    def check(self) -> Account:
        """Ask the vendor who we are; raises `AuthError` when the credentials are refused."""
        ...


class HttpFactory(Protocol):
    """Builds a client that already knows the hub's address rules, CA and exchange log."""

    def __call__(self, base_url: str, **options: Any) -> "HttpClient":
        """Take the options of `hub.sdk.http.HttpClient`, such as `auth`, `headers`, `classify`."""
        ...


@dataclass(frozen=True)
class Opening:
    """What a connector's factory is given: one connection, opened."""

    connection: str
    config: Mapping[str, Any]
    """Checked against the connector's schema; every `writeOnly` field is a `Secret`."""
    http: HttpFactory
    clock: Clock = system_clock
    """The hub's clock; a connector has no other, so that a whole story can be replayed."""
    mail: MailFactory = no_mail
    """The way to mail servers, for a connector that reads or sends mail."""
    account: Account | None = None
    """What `check()` told last; None while it is being connected."""

    def secret(self, name: str) -> Secret:
        """Give a secret field, empty when it is not set."""
        value = self.config.get(name)
        return value if isinstance(value, Secret) else Secret("")


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """What the vendor allows; the hub stays under it."""

    calls: int
    per: timedelta = timedelta(seconds=1)
    concurrency: int = 2


@dataclass(frozen=True, kw_only=True)
class EffectTraits:
    """What can be relied on when an effect's answer was lost.

    `key_retention`: how long the vendor replays the same idempotency key; None when it has no
    keys. `lookup`: whether the effect can be found by our key. `settle`: how long after a lost
    answer a look-up may still come too early (latest late application + listing lag + 20 %).
    `compare_and_set`: stock is set only where it still shows `StockTarget.expected`.
    """

    key_retention: timedelta | None = None
    lookup: bool = False
    settle: timedelta = timedelta(minutes=15)
    compare_and_set: bool = False


@dataclass(frozen=True, kw_only=True)
class Connector:
    """A vendor the hub can talk to. `provides` and `lacks` together cover the family.

    `factory` makes the connector of one connection. `lacks` maps each protocol it does not provide
    to a sentence for the merchant. `effects` gives the traits of each effect it provides. `twin`
    is the import string of the simulated vendor, loaded by tests and the demo only.
    """

    name: str
    title: str
    family: Family
    factory: Callable[[Opening], OpenConnector]
    config_schema: Mapping[str, Any]
    provides: tuple[type, ...]
    lacks: Mapping[type, str] = field(default_factory=dict)
    webhook_topics: tuple[str, ...] = ()
    rate: RateLimit | None = None
    effects: Mapping[type, EffectTraits] = field(default_factory=dict)
    poll_every: timedelta = timedelta(minutes=5)
    twin: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    sdk: str = "1.0"
    """The SDK version it was written for; the same major number is accepted."""
