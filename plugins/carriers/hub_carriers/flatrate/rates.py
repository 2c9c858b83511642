"""The rate table: which services take a parcel, and for how much."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.sdk import ConfigError, LabelRequest, Money, MoneyError, Rate, RejectedError, to_minor


@dataclass(frozen=True)
class Service:
    """One row of the table; None means no limit."""

    rate: Rate
    max_weight_g: int | None
    countries: frozenset[str] | None

    def takes(self, request: LabelRequest) -> bool:
        """Say whether this parcel may go with this service."""
        light = self.max_weight_g is None or request.package.weight_g <= self.max_weight_g
        country = request.ship_to.country.upper()
        return light and (self.countries is None or country in self.countries)


def read_table(config: Mapping[str, Any]) -> tuple[Service, ...]:
    """Read the table of a checked configuration, cheapest service first.

    Raises `ConfigError` for what a schema cannot see: a currency that does not exist, a code twice.
    """
    try:
        services = [_service(row, config["currency"]) for row in config["services"]]
    except MoneyError as fault:
        raise ConfigError(f"the rate table cannot be read: {fault}") from None
    codes = [service.rate.service for service in services]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ConfigError(f"services: a code may stand once in the table: {', '.join(twice)}")
    return tuple(sorted(services, key=lambda row: (row.rate.cost.minor, row.rate.service)))


def quote(table: Iterable[Service], request: LabelRequest) -> tuple[Rate, ...]:
    """Give the rate of every service that takes the parcel, in the table's order."""
    return tuple(service.rate for service in table if service.takes(request))


def choose(table: Iterable[Service], request: LabelRequest) -> Rate:
    """Give the rate of the service asked for, or of the cheapest; raises `RejectedError`."""
    wanted = request.service
    offers = [rate for rate in quote(table, request) if wanted in (None, rate.service)]
    if not offers:
        name = f"the service {wanted!r}" if wanted else "no service"
        does = "does not carry" if wanted else "carries"
        parcel = f"{request.package.weight_g} g to {request.ship_to.country or 'no country'}"
        raise RejectedError(f"{name} {does} {parcel}; see the rate table", code="no_service")
    return offers[0]


def _service(row: Mapping[str, Any], currency: str) -> Service:
    cost = Money(minor=to_minor(row["price"], currency), currency=currency)
    countries = row.get("countries")
    return Service(
        rate=Rate(service=row["code"], title=row["title"], cost=cost),
        max_weight_g=row.get("max_weight_g"),
        countries=None if countries is None else frozenset(countries),
    )
