"""A location's day, in its own time zone, also when the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.routing.day import day_began, faults, is_late, next_day, zone_of
from hub.records.routing_policy import RoutingPolicy

BERLIN = zone_of(RoutingPolicy(time_zone="Europe/Berlin"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "late"), [("13:29", False), ("13:30", True), ("21:59", True), ("22:00", False)]
)
def test_the_collection_is_gone_from_its_minute_until_local_midnight(now: str, late: bool) -> None:
    assert is_late(at(f"2026-07-01T{now}"), "15:30", BERLIN) is late


def test_a_location_without_a_collection_time_is_never_late() -> None:
    assert not is_late(at("2026-07-01T23:59"), None, UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)]
)
def test_a_day_is_as_long_as_the_clocks_make_it(day: str, hours: int) -> None:
    noon = at(f"{day}T12:00")
    assert next_day(noon, BERLIN) - day_began(noon, BERLIN) == timedelta(hours=hours)
    assert day_began(next_day(noon, BERLIN), BERLIN) == next_day(noon, BERLIN)


def test_a_time_zone_nobody_knows_is_a_fault_of_the_policy() -> None:
    assert faults(RoutingPolicy(time_zone="Europe/Berlin")) == []
    for wrong in ("Moon/Base", "", "../../etc/passwd"):
        assert len(faults(RoutingPolicy(time_zone=wrong))) == 1
