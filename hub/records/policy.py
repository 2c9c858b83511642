"""The knobs of the hub's rules as one frozen record."""

from hub.records.base import Record, Word


class Policy(Record):
    """What the merchant decided; every decision stores the policy it was made under."""

    verification: Word = "trust_shop"
    accept_cash_on_delivery: bool = True
    unpaid_reservation_minutes: int = 60
    """An unpaid order keeps its promise this long; WooCommerce's own default is 60."""
    bank_transfer_reservation_days: int = 10
    """A transfer takes days; until then the shop, too, has set the units aside."""
    default_package_g: int = 500
    """Weight of a parcel whose variants have no weight, in grams."""
    packaging_g: int = 100
    """Weight of box and filling, in grams."""
