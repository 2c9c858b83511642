"""A location's day: when it begins, and whether its last collection is gone."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hub.records.routing_policy import RoutingPolicy


def zone_of(policy: RoutingPolicy) -> tzinfo:
    """Give the policy's time zone; raises `LookupError` or `ValueError` when there is none such."""
    return UTC if policy.time_zone == "UTC" else ZoneInfo(policy.time_zone)


def day_began(now: datetime, zone: tzinfo) -> datetime:
    """Give the instant at which the local day of `now` began, in UTC."""
    return _midnight(now, zone, days=0)


def next_day(now: datetime, zone: tzinfo) -> datetime:
    """Give the instant at which the next local day begins, in UTC."""
    return _midnight(now, zone, days=1)


def is_late(now: datetime, cut_off: str | None, zone: tzinfo) -> bool:
    """Whether the collection at `cut_off`, local time, is gone for today."""
    return cut_off is not None and now.astimezone(zone).time() >= time.fromisoformat(cut_off)


def faults(policy: RoutingPolicy) -> list[str]:
    """Give what the record itself cannot see to be wrong."""
    try:
        zone_of(policy)
    except (LookupError, ValueError, OSError):
        return [f"time_zone: nobody knows the time zone {policy.time_zone!r}"]
    return []


def _midnight(now: datetime, zone: tzinfo, days: int) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone).astimezone(UTC)
