"""Records what a live vendor answers, masked and dated, as sample files of the conformance suite.

It only reads: `check`, the first pages of each stream, and what takes no argument.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hub.records.base import Clock
from hub.sdk.addresses import AllowedAddresses, is_loopback
from hub.sdk.config import check_config, join_secrets, secret_fields, split_secrets
from hub.sdk.connector import Connector, Opening
from hub.sdk.exchange import Exchange
from hub.sdk.http import HttpClient, Response
from hub.sdk.redaction import Redactor
from hub.sdk.secrets import Secret
from hub.testing.masking import masked_bytes
from hub.testing.suite.subject import CHECK
from hub.testing.suite.verbs import Verb, all_verbs, partner

LARGEST = 200_000
"""Bytes of one recorded body; what is longer tells nothing new."""


@dataclass
class Recorder:
    """Makes clients that remember every answer, masked."""

    allow: AllowedAddresses
    ca_file: str | None
    redactor: Redactor
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    loopback: bool = False
    verb: str = ""
    _answer: Response | None = None

    def __call__(self, base_url: str, **options: Any) -> HttpClient:
        """Build a client, as `Opening.http` promises."""
        self.loopback = self.loopback or is_loopback(urlsplit(base_url).hostname or "")
        classify = options.pop("classify", None)
        return HttpClient(
            base_url, **options, allow=self.allow, ca_file=self.ca_file, observe=self._observe,
            classify=lambda answer: self._heard(answer, classify),
        )  # fmt: skip

    def _heard(
        self, answer: Response, classify: Callable[[Response], Exception | None] | None
    ) -> Exception | None:
        self._answer = answer
        return classify(answer) if classify else None

    def _observe(self, exchange: Exchange) -> None:
        answer, self._answer = self._answer, None
        body = masked_bytes(answer.body, self.redactor) if answer else b""
        self.exchanges.append({
            "verb": self.verb, "method": exchange.method, "path": exchange.path,
            "status": exchange.status, "outcome": exchange.outcome,
            "content_type": answer.content_type if answer else "",
            "body": body[:LARGEST].decode("utf-8", "replace"),
        })  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to record: a connector, its configuration, and how much."""

    connector: Connector
    version: str
    config: Mapping[str, Any]
    allow: AllowedAddresses
    ca_file: str | None
    clock: Clock
    pages: int = 1
    records: int = 5
    """Of each stream, as samples of their own."""


def record(request: Request, folder: Path) -> list[Path]:
    """Read from the vendor and write the samples; gives the files written.

    Raises `ConfigError`, and whatever the vendor's answers are named.
    """
    schema = request.connector.config_schema
    config = check_config(schema, request.config)
    secrets = [Secret(str(v)) for n, v in config.items() if n in secret_fields(schema)]
    recorder = Recorder(request.allow, request.ca_file, Redactor(secrets))
    opened = join_secrets(*split_secrets(schema, config))
    opening = Opening("recording", opened, recorder, request.clock)
    connector = request.connector.factory(opening)
    samples = dict(_asked(request, connector, recorder))
    return list(_written(folder, request, recorder, samples))


def _asked(request: Request, connector: Any, recorder: Recorder) -> Iterator[tuple[Path, bytes]]:
    for verb in (CHECK, *all_verbs(request.connector.provides)):
        recorder.verb = verb.method
        if verb.sort == "stream":
            yield from _stream(request, connector, recorder, verb)
        elif verb.sort == "read" and not verb.parameters:
            getattr(connector, verb.method)()


def _stream(
    request: Request, connector: Any, recorder: Recorder, verb: Verb
) -> Iterator[tuple[Path, bytes]]:
    translation = partner(verb, "translation")
    kind = f"{translation.noun}s" if translation else verb.noun
    pages = list(islice(getattr(connector, verb.method)(None), request.pages))
    raws = [raw for page in pages for raw in page.items][: request.records]
    for number, raw in enumerate(raws, 1):
        yield Path(kind) / f"recorded-{number}.json", masked_bytes(raw, recorder.redactor)


def _written(
    folder: Path, request: Request, recorder: Recorder, samples: Mapping[Path, bytes]
) -> Iterator[Path]:
    now: datetime = request.clock()
    told = {
        "recorded_at": now.isoformat(timespec="seconds"),
        "connector": request.connector.name,
        "version": request.version,
        # what our own simulated vendor says proves nothing about the real one
        "source": "twin" if recorder.loopback else "vendor",
        "exchanges": recorder.exchanges,
    }
    text = json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n"
    recording = {Path("recordings") / f"{now.date().isoformat()}.json": text}
    for place, body in {**samples, **recording}.items():
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        yield file
