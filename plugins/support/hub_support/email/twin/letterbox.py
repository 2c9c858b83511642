"""The mailbox of the post office, kept in memory by pymap and served by its IMAP server."""

import asyncio
import ssl
from argparse import Namespace
from datetime import datetime
from typing import Any

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import BuiltinHash

ARGUMENTS = Namespace(
    host="127.0.0.1", port=0, debug=False, cert=None, key=None, tls=False, passlib_cfg=None,
    proxy_protocol=None, inherited_sockets=None, demo_data=False, demo_user="", demo_password="",
)  # fmt: skip


class Letterbox:
    """One user's folders."""

    def __init__(self, user: str, password: str) -> None:
        self._user, self._password = user, password
        self._mails: list[tuple[bytes, datetime]] = []
        self._config: Any = None

    async def serve(self, tls: ssl.SSLContext | None) -> asyncio.Server:
        """Listen on loopback."""
        given = Namespace(**{**vars(ARGUMENTS), "demo_user": self._user,
                             "demo_password": self._password})  # fmt: skip
        self._config = Config.from_args(
            given, invalid_user_sleep=0.0, reject_dnsbl=False, hash_context=BuiltinHash(rounds=1),
            **({} if tls is None else {"ssl_context": tls}),
        )  # fmt: skip
        login = Login(self._config)
        hashed = await Passwords(self._config).hash_password(self._password)
        await login.demo_user_identity.set(UserMetadata(self._config, self._user, password=hashed))
        self._config.apply_context()
        self._rest()
        answer = IMAPServer(login, self._config)

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await answer(reader, writer, SocketInfoLocal(writer))

        return await asyncio.start_server(greet, "127.0.0.1", 0, ssl=tls)

    def _rest(self) -> None:
        self._config.set_cache[self._user] = (MailboxSet(), FilterSet())

    async def put(self, raw: bytes, at: datetime) -> None:
        """Let a mail arrive in INBOX."""
        self._mails.append((raw, at))
        await self._append(raw, at)

    async def _append(self, raw: bytes, at: datetime) -> None:
        folders, _ = self._config.set_cache[self._user]
        inbox = await folders.get_mailbox("INBOX")
        await inbox.append(AppendMessage(raw, at, frozenset()), recent=True)

    async def rebuild(self) -> None:
        """Begin anew: another UIDVALIDITY, the same mails."""
        self._rest()
        for raw, at in self._mails:
            await self._append(raw, at)
