"""What a service may use: the store, the plugins, the policy, and the way to open a connection."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from hub.records.connection import Account
from hub.records.policy import Policy
from hub.registry import Opened, Registry
from hub.sdk.connector import HttpFactory
from hub.sdk.mail import MailFactory, no_mail
from hub.store.connections import Connected, get_connection, open_secrets
from hub.store.unit_of_work import Store

HttpFor = Callable[[str], HttpFactory]
"""Gives the client factory of one connection: its address rules, CA and exchange log."""

MailFor = Callable[[str], MailFactory]
"""The same for mail."""


@dataclass(frozen=True)
class Hub:
    """The hub as services see it; put together by `hub.bootstrap` only."""

    store: Store
    registry: Registry
    policy: Policy
    http_for: HttpFor
    may_spend: Callable[[], bool] = lambda: True
    """Whether there is room to record what a purchase would bring."""
    public_url: str = ""
    """Where vendors reach this hub from outside; empty when they do not."""
    mail_for: MailFor = lambda connection: no_mail
    _opened: dict[str, tuple[tuple[int, Account], Opened]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def connection(self, code_or_id: str) -> Connected:
        """Read a connection; raises `UnknownConnectionError`."""
        with self.store.reading() as database:
            return get_connection(database, code_or_id)

    def open(self, connection: Connected) -> Opened:
        """Open a connection as its connector; kept open until its epoch or account changes."""
        state = connection.epoch, connection.account
        with self._lock:
            kept = self._opened.get(connection.id)
        if kept and kept[0] == state:
            return kept[1]
        with self.store.reading() as database:
            secrets = open_secrets(database, self.store.keyring, connection.id)
        opened = self.registry.open(
            connection.id, connection.connector, connection.config, secrets,
            self.http_for(connection.id), self.store.clock, connection.account,
            self.mail_for(connection.id),
        )  # fmt: skip
        with self._lock:
            self._opened[connection.id] = (state, opened)
        return opened
