"""Webhooks: kept before they are answered; processed later, as a doorbell for one record."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from hub.sdk.capabilities import PullOrders, ReceiveWebhooks
from hub.sdk.errors import MappingError, RejectedError, SignatureError
from hub.sdk.secrets import Secret
from hub.sdk.webhooks import Delivery, WebhookRequest, verify_hmac_sha256
from hub.services.context import Hub
from hub.services.intake.absent import still_shown
from hub.services.intake.gone import listing_is_gone, order_is_gone, shown_under
from hub.services.intake.ingest import land_order_page
from hub.services.work import draft, owe
from hub.store.connections import Connected, find_by_hook_token, open_previous_secrets
from hub.store.contention import no_answer
from hub.store.hearing import heard
from hub.store.intake import Arrival, InboxItem, add_to_inbox, finish_inbox_item, get_inbox_item
from hub.store.jobs import JobResult, RunningJob, insert_jobs
from hub.store.unit_of_work import Unit

T = TypeVar("T")
MOST_TOLD = 1_000
"""Records one webhook may name."""
LONGEST_NAME = 500
"""Characters of an id, a topic or a key."""


class UnknownHookError(LookupError):
    """No connection has this webhook address."""


class BadReadingError(RuntimeError):
    """A connector made of a webhook what cannot be kept: its mistake, not the vendor's."""


@dataclass(frozen=True)
class Letter:
    """A webhook whose signature is good, and what it tells."""

    connection_id: str
    deliveries: tuple[Delivery, ...]
    body: bytes


def receive(hub: Hub, token: str, request: WebhookRequest) -> int:
    """Verify a webhook and keep what it tells; gives how much was new. Raises as `open_letter`."""
    (kept,) = keep(hub, [open_letter(hub, token, request)])
    return kept


def open_letter(hub: Hub, token: str, request: WebhookRequest) -> Letter:
    """Verify a webhook and read what it tells; nothing is stored.

    Raises `UnknownHookError` for an unknown address, `SignatureError` for a bad signature,
    `MappingError` for a signed body that names no record, `BadReadingError` for a bad connector.
    """
    connection = _twice(lambda: _addressed(hub, token))
    if connection is None:
        _work_as_for_a_known_one(request)
        raise UnknownHookError("no connection has this webhook address")
    listener = hub.open(connection).offering(ReceiveWebhooks)
    if listener is None:
        raise UnknownHookError(f"{connection.connector} does not receive webhooks")
    try:
        _verify(listener, request)
    except SignatureError:
        before = _listener_before(hub, connection)
        if before is None:
            raise
        _verify(before, request)
    return Letter(connection.id, _read(listener, request), request.body)


def _addressed(hub: Hub, token: str) -> Connected | None:
    if "\0" in token:
        return None  # nobody's; and PostgreSQL would refuse the question
    with hub.store.reading() as database:
        return find_by_hook_token(database, token)


def _twice(work: Callable[[], T]) -> T:
    """Do it again when the database had hung up meanwhile: it may only have been restarted.

    Whether a commit that was cut off had come through does not matter: keeping is once a key.
    """
    try:
        return work()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return work()


def keep(hub: Hub, letters: Sequence[Letter]) -> list[int]:
    """Keep letters and owe their processing, in one commit; gives of each how much was new."""
    told = [(letter, one) for letter in letters for one in letter.deliveries]
    if not told:
        return [0] * len(letters)
    with hub.store.unit_of_work() as unit:
        item_ids = add_to_inbox(unit, [_arrival(letter, one) for letter, one in told])
        new = [
            (letter, item_id)
            for (letter, _), item_id in zip(told, item_ids, strict=True)
            if item_id is not None
        ]
        insert_jobs(
            unit,
            [
                draft("ingest_delivery", item_id, letter.connection_id, run_at=unit.now)
                for letter, item_id in new
            ],
        )
    counted = Counter(id(letter) for letter, _ in new)
    return [counted[id(letter)] for letter in letters]


def keep_each(hub: Hub, letters: Sequence[Letter]) -> list[int | Exception]:
    """Keep letters in one commit, or each in its own when one of them spoils it for the others.

    Raises what the database raises when it is away: trying again for each would only take longer.
    """
    try:
        return list(_twice(lambda: keep(hub, letters)))
    except Exception as error:
        if len(letters) == 1 or no_answer(error):
            raise
    return [_kept_alone(hub, letter) for letter in letters]


def _kept_alone(hub: Hub, letter: Letter) -> int | Exception:
    try:
        (kept,) = keep(hub, [letter])
    except Exception as error:  # given to whoever waits for this one
        return error
    return kept


def _verify(listener: ReceiveWebhooks, request: WebhookRequest) -> None:
    # A connector that answers False instead of raising must not let anybody in.
    answer: object = listener.verify(request)  # type: ignore[func-returns-value]
    if answer is not None:
        raise SignatureError("the connector's verify gave an answer; it raises, or says nothing")


def _listener_before(hub: Hub, connection: Connected) -> ReceiveWebhooks | None:
    """Open the connection as it was before its secrets were last renewed, for 48 hours."""
    with hub.store.reading() as database:
        secrets = open_previous_secrets(
            database, hub.store.keyring, connection.id, hub.store.clock()
        )
    if secrets is None:
        return None
    opened = hub.registry.open(
        connection.id, connection.connector, connection.config, secrets,
        hub.http_for(connection.id), hub.store.clock,
    )  # fmt: skip
    return opened.offering(ReceiveWebhooks)


def _work_as_for_a_known_one(request: WebhookRequest) -> None:
    """Spend what a signature costs, so that guessing addresses is not told apart by time."""
    with suppress(SignatureError):
        verify_hmac_sha256(request.body, "bm9ib2R5", [_NOBODY])


_NOBODY = Secret("nobody")


def _read(listener: ReceiveWebhooks, request: WebhookRequest) -> tuple[Delivery, ...]:
    try:
        deliveries = tuple(islice(listener.read(request), MOST_TOLD + 1))
    except RecursionError:  # of the decoder: a repeat would be nested as deeply
        raise MappingError("webhook", "", "its body is nested too deeply") from None
    if len(deliveries) > MOST_TOLD:
        raise BadReadingError(f"it tells of more than {MOST_TOLD} records")
    for one in deliveries:
        if not isinstance(one, Delivery):
            raise BadReadingError(f"it tells of a {type(one).__name__}, not of a Delivery")
        if not isinstance(one.deleted, bool):
            raise BadReadingError("whether it was deleted is neither yes nor no")
        for name in ("kind", "external_id", "topic", "dedupe_key"):
            _check_name(name, getattr(one, name))
    return deliveries


def _check_name(name: str, value: object) -> None:
    """What one database refuses and the other keeps is refused here, for both."""
    if not isinstance(value, str) or not value or len(value) > LONGEST_NAME:
        raise BadReadingError(f"its {name} is not a text of 1 to {LONGEST_NAME} characters")
    if "\0" in value or not value.isascii() and _has_surrogate(value):
        raise BadReadingError(f"its {name} has characters that cannot be stored")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _arrival(letter: Letter, one: Delivery) -> Arrival:
    return Arrival(
        letter.connection_id, one.dedupe_key, one.topic, one.kind, one.external_id, one.deleted,
        letter.body,
    )  # fmt: skip


def ingest_delivery(hub: Hub, job: RunningJob) -> JobResult:
    """Answer one doorbell: read the record as it is now and land it."""
    with hub.store.reading() as database:
        item = get_inbox_item(database, job.subject)
    connection = hub.connection(item.connection_id)
    reader = hub.open(connection).offering(PullOrders)
    if item.kind != "order" or reader is None:
        return _ring_for_a_pull(hub, job, item)
    try:
        raw = reader.read_order(item.external_id)
    except RejectedError as error:
        if error.code != "not_found":
            raise
        return _gone(hub, job, item)
    close = partial(_close, job, item)
    tally = land_order_page(hub, connection, [raw], reader.to_order, close, told=True)
    return JobResult("ok" if tally.moved else "no_change", vars(tally))


def _close(job: RunningJob, item: InboxItem, unit: Unit) -> None:
    job.guard(unit)
    finish_inbox_item(unit, item, "applied")
    heard(unit, item.connection_id, item.external_id)


def _ring_for_a_pull(hub: Hub, job: RunningJob, item: InboxItem) -> JobResult:
    """Something other than an order changed: the incremental pull finds it at once."""
    gone = _gone_listings(hub, job, item) if item.deleted and item.kind == "product" else []
    with hub.store.unit_of_work() as unit:
        finish_inbox_item(unit, item, "applied", "pulled")
        for external_id in gone:
            listing_is_gone(unit, item.connection_id, external_id)
        owe(unit, "pull_products", item.connection_id, item.connection_id)
        job.finish(unit)
    return JobResult("ok")


def _gone_listings(hub: Hub, job: RunningJob, item: InboxItem) -> list[str]:
    """Ask the shop: it may have restored the product long before this was told."""
    with hub.store.reading() as database:
        known = shown_under(database, item.connection_id, item.external_id)
    there = still_shown(hub, job, hub.connection(item.connection_id), known)
    return [external_id for external_id in known if external_id not in there]


def _gone(hub: Hub, job: RunningJob, item: InboxItem) -> JobResult:
    """The order is gone at the shop: whatever was promised to it is given back."""
    with hub.store.unit_of_work() as unit:
        finish_inbox_item(unit, item, "applied", "the shop no longer has it")
        order_is_gone(unit, item.connection_id, item.external_id)
        heard(unit, item.connection_id, item.external_id)
        job.finish(unit)
    return JobResult("ok")
