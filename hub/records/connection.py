"""A configured vendor account, and what the vendor says about itself."""

from enum import StrEnum

from hub.records.base import Instant, Record, Text, Word


class ConnectionState(StrEnum):
    """What the hub may do with a connection; health is computed beside it."""

    ACTIVE = "active"
    PAUSED = "paused"
    NEEDS_AUTH = "needs_auth"
    DISABLED = "disabled"


class Family(StrEnum):
    """What a vendor is for."""

    STOREFRONT = "storefront"
    PAYMENTS = "payments"
    CARRIER = "carrier"
    SUPPORT = "support"
    SUPPLIER = "supplier"


class Account(Record):
    """The remote account that a connection's credentials open."""

    id: Word
    """Unique per vendor: the hub refuses to connect the same account twice."""
    title: Text
    currency: Text = ""
    time_zone: Text = ""
    api_version: Text = ""
    address: Text = ""
    """Where the vendor says this account is: records that name another place are not its own."""


class Subscription(Record):
    """A webhook as the vendor keeps it: which topic it sends to which address."""

    external_id: Word
    topic: Word
    address: Word
    active: bool
    """False when the vendor has switched it off, or a person has."""


class Connection(Record):
    """A configured vendor account as operators see it; secrets are never part of it."""

    id: Word
    code: Word
    """Short and unique, the prefix of order numbers: NYC."""
    connector: Word
    family: Family
    title: Text
    state: ConnectionState
    reason: Text = ""
    writes: bool = False
    """A new connection only reads."""
    account: Account
    created_at: Instant
