"""A post office, and the connector opened on it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.sdk import Opening
from hub.sdk.addresses import AllowedAddresses
from hub.sdk.config import check_config, join_secrets, split_secrets
from hub.sdk.exchange import Exchange
from hub.sdk.mail import MailLimits, MailRoad
from hub_support.email import CONNECTOR, EmailChannel
from hub_support.email.twin import PostOffice, post_office

Open = Callable[..., EmailChannel]


def no_http(base_url: str, **options: Any) -> Any:
    raise AssertionError("mail asked for HTTP")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """Two real servers and an empty mailbox."""
    with post_office() as open_office:
        yield open_office


@pytest.fixture
def heard() -> list[Exchange]:
    """What the connector's sessions left in the exchange log."""
    return []


@pytest.fixture
def opened(office: PostOffice, heard: list[Exchange]) -> Open:
    """Opens the connector on the post office; settings may be overridden."""

    def open_with(limits: MailLimits | None = None, **changes: Any) -> EmailChannel:
        allow = AllowedAddresses.parse(office.hosts.split(","))
        given = limits or MailLimits(total=5)
        road = MailRoad("c", allow, observe=heard.append, limits=given)
        return open_channel(office, road, **changes)

    return open_with


def noon() -> datetime:
    return datetime(2026, 11, 23, 9, tzinfo=UTC)


def open_channel(office: PostOffice, road: MailRoad, **changes: Any) -> EmailChannel:
    """Open the connector as the hub does, on a way to the servers."""
    schema = CONNECTOR.config_schema
    checked = check_config(schema, {**office.config, **changes})
    settings = join_secrets(*split_secrets(schema, checked))
    return EmailChannel(Opening("c", settings, no_http, noon, mail=road))
