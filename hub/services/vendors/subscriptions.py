"""Webhook subscriptions as desired state: put, audited, mended, and removed when we leave."""

import re
from collections.abc import Sequence
from datetime import timedelta
from secrets import token_urlsafe

from hub.records.connection import ConnectionState, Subscription
from hub.sdk.capabilities import ManageWebhooks, PullOrders, PullProducts
from hub.sdk.errors import AuthError, HubError, RejectedError
from hub.sdk.secrets import Secret
from hub.services.context import Hub
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import (
    Connected,
    forget_previous_secrets,
    open_secrets,
    replace_secrets,
)
from hub.store.decisions import keep_decision
from hub.store.desired import (
    WEBHOOK,
    Wish,
    confirm,
    confirmed_values,
    mark_sent,
    open_wishes,
    refuse,
    want,
)
from hub.store.hearing import settle_unheard
from hub.store.jobs import JobResult, RunningJob
from hub.store.other_hubs import Sign, forget_other_hub, note_other_hub
from hub.store.schedules import put_schedule
from hub.store.unit_of_work import Unit

AUDIT_EVERY = timedelta(minutes=15)
LATE_WEBHOOK = timedelta(minutes=15)
"""How long after polling found a change its webhook may still come; then it counts as lost."""
SECRET = "webhook_secret"
_PULLS = {PullOrders: "pull_orders", PullProducts: "pull_products"}


class NoWebhooksError(HubError):
    """This connection's webhooks are not the hub's to manage."""


def schedule_audit(unit: Unit, hub: Hub, connector: str, connection_id: str) -> None:
    """Keep the webhooks of a new connection from now on, where its connector can."""
    if ManageWebhooks in hub.registry.connector(connector).provides:
        every = int(AUDIT_EVERY.total_seconds())
        put_schedule(unit, "audit_webhooks", "audit_webhooks", every, connection_id, connection_id)


def hook_address(hub: Hub, shop: Connected) -> str:
    """Give where a connection's webhooks are to be sent; empty when the hub has no address."""
    return f"{hub.public_url.rstrip('/')}/hooks/{shop.hook_token}" if hub.public_url else ""


def audit_webhooks(hub: Hub, job: RunningJob) -> JobResult:
    """Compare a shop's subscriptions with what is wanted; mend, back-fill, count what was lost."""
    shop = hub.connection(job.subject)
    with hub.store.unit_of_work() as unit:
        lost = settle_unheard(unit, shop.id, unit.now - LATE_WEBHOOK)
    opened = hub.open(shop)
    manager, address = opened.offering(ManageWebhooks), hook_address(hub, shop)
    if manager is None:
        return JobResult("no_change", {"lost": lost})
    if not address:
        _watch_for_others(hub, shop, _shown(manager))
        return JobResult("no_change", {"lost": lost})
    topics = opened.descriptor.webhook_topics
    secret = _secret_of(hub, shop, topics)
    here = manager.list_subscriptions()
    _watch_for_others(hub, shop, here)
    _remove(manager, _superfluous(hub, here, address, topics))
    wishes = _wishes(hub, job, shop, topics, _standing(here, address))
    mended = sum(_put(hub, job, shop, manager, wish, address, secret) for wish in wishes)
    if mended:
        _back_fill(hub, shop, [wish.target for wish in wishes])
    counters = {"seen": len(here), "updated": mended, "failed": len(wishes) - mended, "lost": lost}
    outcome = "no_change" if not wishes else "ok" if mended == len(wishes) else "partial"
    return JobResult(outcome, counters)


def _secret_of(hub: Hub, shop: Connected, topics: Sequence[str]) -> Secret:
    """Give the secret that webhooks are signed with, one of our own where none was given."""
    with hub.store.reading() as database:
        known = open_secrets(database, hub.store.keyring, shop.id)
    if known.get(SECRET):
        return Secret(known[SECRET])
    return _new_secret(hub, shop, topics, known)


def _new_secret(hub: Hub, shop: Connected, topics: Sequence[str], known: dict[str, str]) -> Secret:
    secret = token_urlsafe(32)
    with hub.store.unit_of_work() as unit:
        replace_secrets(unit, shop.id, {**known, SECRET: secret})
        want(unit, shop.id, WEBHOOK, topics)
    return Secret(secret)


def rotate_webhook_secret(hub: Hub, code: str) -> None:
    """Give a shop's webhooks a new secret; the one before is believed for 48 hours.

    Raises `NoWebhooksError` where the hub does not manage them.
    """
    shop = hub.connection(code)
    if reason := why_unmanaged(hub, shop):
        raise NoWebhooksError(reason)
    with hub.store.reading() as database:
        known = open_secrets(database, hub.store.keyring, shop.id)
    topics = hub.registry.connector(shop.connector).webhook_topics
    _new_secret(hub, shop, topics, known)
    with hub.store.unit_of_work() as unit:
        owe(unit, "audit_webhooks", shop.id, shop.id)


def distrust_previous_secret(hub: Hub, code: str) -> bool:
    """Believe no webhook signed before the last renewal, at once; False when none was believed."""
    shop = hub.connection(code)
    with hub.store.unit_of_work() as unit:
        return forget_previous_secrets(unit, shop.id)


def why_unmanaged(hub: Hub, shop: Connected) -> str:
    """Say why the hub does not keep the webhooks of this connection; empty when it does."""
    if ManageWebhooks not in hub.registry.connector(shop.connector).provides:
        return f"the webhooks of {shop.code} are not the hub's to put; the vendor is only polled"
    if not hub.public_url:
        return f"the webhooks of {shop.code} need an address: set HUB_PUBLIC_URL"
    if shop.state == ConnectionState.DISABLED:
        return f"{shop.code} is disconnected; hub connections resume {shop.code}"
    return ""


def _standing(here: Sequence[Subscription], address: str) -> dict[str, Subscription]:
    """Give our active subscriptions by topic."""
    return {one.topic: one for one in here if one.address == address and one.active}


def _wishes(
    hub: Hub,
    job: RunningJob,
    shop: Connected,
    topics: Sequence[str],
    standing: dict[str, Subscription],
) -> list[Wish]:
    """Want again every topic that is not there, or not as it was put; give what is to be put."""
    with hub.store.unit_of_work() as unit:
        job.guard(unit)
        known = confirmed_values(unit.connection, shop.id, WEBHOOK, list(topics))
        broken = [topic for topic in topics if topic not in standing]
        want(unit, shop.id, WEBHOOK, broken)
        if lost := [topic for topic in broken if known.get(topic)]:
            keep_decision(unit, shop.id, "webhooks", "mended", {"topics": lost})
        wishes = open_wishes(unit.connection, shop.id, WEBHOOK, len(topics))
    return [wish for wish in wishes if wish.target in topics]


def _put(
    hub: Hub,
    job: RunningJob,
    shop: Connected,
    manager: ManageWebhooks,
    wish: Wish,
    address: str,
    secret: Secret,
) -> bool:
    with hub.store.unit_of_work() as unit:
        job.begin_call(unit)
        mark_sent(unit, shop.id, WEBHOOK, [(wish, address)])
    problem, made = "", None
    try:
        made = manager.put_subscription(wish.target, address, secret)
    except (RejectedError, AuthError) as error:  # a key that may only read is still a good key
        problem = error.reason
    with hub.store.unit_of_work() as unit:
        if made is None:
            refuse(unit, shop.id, WEBHOOK, wish, problem)
        else:
            confirm(unit, shop.id, WEBHOOK, wish, made.external_id)
    return made is not None


def _back_fill(hub: Hub, shop: Connected, topics: Sequence[str]) -> None:
    """Poll at once what nobody told of while the subscriptions were away."""
    provides = hub.registry.connector(shop.connector).provides
    with hub.store.unit_of_work() as unit:
        for capability, kind in _PULLS.items():
            if capability in provides:
                owe(unit, kind, shop.id, shop.id)


def _superfluous(
    hub: Hub, here: Sequence[Subscription], address: str, topics: Sequence[str]
) -> list[Subscription]:
    """Give subscriptions of this hub that are double, unwanted, or of a connection long gone."""
    ours = [one for one in here if one.address.startswith(f"{hub.public_url.rstrip('/')}/hooks/")]
    seen: set[str] = set()
    extra = []
    for one in sorted(ours, key=lambda one: not one.active):
        wanted = one.address == address and one.topic in topics and one.topic not in seen
        if wanted:
            seen.add(one.topic)
        else:
            extra.append(one)
    return extra


def _shown(manager: ManageWebhooks) -> Sequence[Subscription]:
    """Give the subscriptions as far as we may see them; who only polls need not be allowed to."""
    try:
        return manager.list_subscriptions()
    except (RejectedError, AuthError):
        return ()


_OF_A_HUB = re.compile(r"^(https?://.+)/hooks/[\w-]{32}$")
"""Where hubs let webhooks be sent; the last part is a connection's token."""


def _watch_for_others(hub: Hub, shop: Connected, here: Sequence[Subscription]) -> None:
    """Note when webhooks go to another hub, or to this one's copy at another address."""
    ours = hub.public_url.rstrip("/")
    bases = {found[1] for one in here if one.active and (found := _OF_A_HUB.match(one.address))}
    others = sorted(bases - {ours})
    with hub.store.unit_of_work() as unit:
        if others:
            text = f"webhooks go to {', '.join(others)} too"
            note_other_hub(unit, shop.id, Sign.WEBHOOK, text)
        else:
            forget_other_hub(unit, shop.id, Sign.WEBHOOK)


def _remove(manager: ManageWebhooks, extra: Sequence[Subscription]) -> None:
    for one in extra:
        manager.remove_subscription(one.external_id)


def remove_subscriptions(hub: Hub, code: str) -> int:
    """Remove every subscription of ours at a shop; gives how many there were."""
    shop = hub.connection(code)
    manager, address = hub.open(shop).offering(ManageWebhooks), hook_address(hub, shop)
    if manager is None or not address:
        return 0
    ours = [one for one in manager.list_subscriptions() if one.address == address]
    _remove(manager, ours)
    with hub.store.unit_of_work() as unit:
        rows = tables.desired
        unit.execute(rows.delete().where(rows.c.connection_id == shop.id, rows.c.field == WEBHOOK))
    return len(ours)
