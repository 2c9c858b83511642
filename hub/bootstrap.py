"""The composition root: settings → a whole hub; the only chooser of concrete things."""

import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from hub.records.base import Clock, system_clock
from hub.records.policy import Policy
from hub.registry import load_plugins
from hub.sdk.connector import HttpFactory
from hub.sdk.errors import ConfigError
from hub.sdk.http import AllowedAddresses, HttpClient
from hub.sdk.mail import MailFactory, MailRoad
from hub.services.context import Hub
from hub.services.kinds import job_kinds
from hub.services.reactions import react
from hub.services.vendors.pacing import pace_of
from hub.settings import Settings
from hub.store import schema
from hub.store.damage import CURE, DamagedError, is_damage, refuse_damaged, refuse_lost
from hub.store.disk import has_room, keep_private, refuse_network_disk
from hub.store.engine import Engines, StorageError, open_engines
from hub.store.exchanges import ExchangeLog
from hub.store.host_clock import HostClock
from hub.store.installation import check_seal, is_sealed, seal_installation
from hub.store.jobs import JobKind
from hub.store.moving import refuse_unless_here
from hub.store.pacing import Pacing
from hub.store.sealing import KEY_BYTES, Keyring
from hub.store.server_clock import ServerClock
from hub.store.unit_of_work import Bell, Store


@dataclass(frozen=True)
class System:
    """A hub put together, with what the doors need besides its services."""

    settings: Settings
    engines: Engines
    hub: Hub
    kinds: Mapping[str, JobKind]
    exchanges: ExchangeLog

    def close(self) -> None:
        """Write what is buffered and let go of the database."""
        self.exchanges.flush(self.hub.store)
        self.engines.dispose()


def build(
    settings: Settings,
    bell: Bell | None = None,
    clock: Clock = system_clock,
    engines: Engines | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> System:
    """Put a hub together on its database; raises `StorageError` or `SealError` when it may not.

    `engines` may be those of an earlier hub on the same database: they know its statements.
    `sleep` waits, by `clock`, until a vendor may be called again.
    """
    keyring = load_keyring(settings)
    engines = engines or open_database(settings)
    _check(engines, keyring)
    if clock is system_clock and engines.dialect == "postgresql":
        clock = ServerClock(engines)  # its processes may stand on hosts that disagree
    elif clock is system_clock:
        clock = HostClock()  # alone on its file, but its clock may be set
    registry = load_plugins(
        settings.listed(settings.plugins), settings.listed(settings.plugin_modules)
    )
    store = Store(engines, clock, keyring, react, bell, registry.observe_event, home=settings.home)
    exchanges = ExchangeLog(registry.observe_exchange)
    pacing = Pacing(
        store, partial(pace_of, store, registry), shared=bool(settings.database_url), sleep=sleep
    )
    http_for = _http_for(settings, partial(exchanges.observe, store), pacing)
    mail_for = _mail_for(settings, partial(exchanges.observe, store), pacing)
    hub = Hub(
        store, registry, Policy(), http_for, _may_spend(settings), settings.public_url, mail_for
    )
    return System(settings, engines, hub, job_kinds(hub), exchanges)


def _check(engines: Engines, keyring: Keyring) -> None:
    try:
        schema.check(engines)
        refuse_unless_here(engines)
        check_seal(engines, keyring)
    except BaseException as error:
        engines.dispose()
        if is_damage(error):
            raise DamagedError(f"the database cannot be read: {CURE}") from error
        raise


def _may_spend(settings: Settings) -> Callable[[], bool]:
    if settings.database_url:
        return lambda: True  # the database server's disk is watched by whoever runs it
    return partial(has_room, settings.home, settings.least_free_mb)


def _http_for(
    settings: Settings, observe: Callable[..., None], pacing: Pacing
) -> Callable[[str], HttpFactory]:
    allow = AllowedAddresses.parse(settings.listed(settings.allow_hosts))
    ca_file = settings.ca_file or None

    def http_for(connection: str) -> HttpFactory:
        return partial(
            HttpClient,
            connection=connection,
            allow=allow,
            ca_file=ca_file,
            observe=observe,
            gate=pacing.gate(connection),
        )

    return http_for


def _mail_for(
    settings: Settings, observe: Callable[..., None], pacing: Pacing
) -> Callable[[str], MailFactory]:
    allow = AllowedAddresses.parse(settings.listed(settings.allow_hosts))
    ca_file = settings.ca_file or None

    def mail_for(connection: str) -> MailFactory:
        return MailRoad(connection, allow, ca_file, observe, pacing.gate(connection))

    return mail_for


def open_database(settings: Settings) -> Engines:
    """Open the database of an installation; raises `StorageError` when it was never set up."""
    if not settings.database_url:
        file = settings.home / "hub.db"
        refuse_lost(file, settings.key_file)
        if not file.exists():
            raise StorageError(f"there is no hub in {settings.home}; run `hub init` first")
        refuse_damaged(file)
    return open_engines(settings.url)


def initialise(settings: Settings) -> bool:
    """Create key, database and schema; what exists stays. False when nothing was left to do."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.database_url:
        refuse_network_disk(settings.home)
        refuse_lost(settings.home / "hub.db", settings.key_file)
    engines = open_engines(settings.url)
    try:
        fresh = schema.current(engines) is None
        if not fresh and is_sealed(engines) and not _has_key(settings):
            raise StorageError("this database is sealed with a key that is not here; restore it")
        schema.upgrade(engines)
        refuse_unless_here(engines)
        fresh_key = _ensure_key(settings)  # last: a key without a database is of a lost one
        seal_installation(engines, load_keyring(settings))
        if not settings.database_url:
            keep_private(settings.home / name for name in ("hub.db", "hub.db-wal", "hub.db-shm"))
    finally:
        engines.dispose()
    return fresh_key or fresh


def _has_key(settings: Settings) -> bool:
    return bool(settings.secret_key) or settings.key_file.exists()


def _ensure_key(settings: Settings) -> bool:
    if _has_key(settings):
        return False
    handle = os.open(settings.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(os.urandom(KEY_BYTES).hex() + "\n")
    return True


def load_keyring(settings: Settings) -> Keyring:
    """Read the hub's keys: hex text, comma-separated, oldest first. Raises `ConfigError`."""
    text = settings.secret_key
    if not text:
        if not settings.key_file.exists():
            raise ConfigError(_no_key(settings))
        if stat.S_IMODE(settings.key_file.stat().st_mode) & 0o077:
            raise ConfigError(f"others may read the hub's key: chmod 600 {settings.key_file}")
        text = settings.key_file.read_text()
    return Keyring(dict(enumerate((_key(part) for part in text.split(",")), start=1)))


def _no_key(settings: Settings) -> str:
    if not settings.database_url and not (settings.home / "hub.db").exists():
        return f"there is no hub in {settings.home}; run `hub init` first"
    return (
        f"the key of this hub is missing: bring {settings.key_file} back, or set HUB_SECRET_KEY; "
        "only a new hub gets a key from `hub init`"
    )


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < 8:
        raise ConfigError("the hub key must be 64 random hex digits (openssl rand -hex 32)")
    return key
