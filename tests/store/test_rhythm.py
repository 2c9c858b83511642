"""When something recurs, also on the two nights a year when the clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.rhythm import Rhythm, RhythmError

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def slots(rhythm: Rhythm, start: str, count: int) -> list[str]:
    moment, found = datetime.fromisoformat(start).replace(tzinfo=UTC), []
    for _ in range(count):
        moment = rhythm.after(moment)
        found.append(f"{moment:%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        # spring: 02:30 does not exist and runs when the clocks have jumped to 03:00
        (BERLIN, "2027-03-26 12:00", ["03-27 01:30", "03-28 01:00", "03-29 00:30"]),
        (NEW_YORK, "2027-03-12 12:00", ["03-13 07:30", "03-14 07:00", "03-15 06:30"]),
        # autumn: 02:30 (01:30 there) comes twice and runs the first time only
        (BERLIN, "2026-10-24 12:00", ["10-25 00:30", "10-26 01:30", "10-27 01:30"]),
    ],
)
def test_half_past_two_runs_once_in_every_night(zone: str, start: str, expected: list[str]) -> None:
    assert slots(Rhythm(cron="30 2 * * *", zone=zone), start, 3) == expected


def test_half_past_one_runs_once_in_the_long_night_of_new_york() -> None:
    found = slots(Rhythm(cron="30 1 * * *", zone=NEW_YORK), "2026-10-31 12:00", 3)
    assert found == ["11-01 05:30", "11-02 06:30", "11-03 06:30"]


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("day", ["2027-03-28", "2026-10-25", "2027-03-14", "2026-11-01"])
def test_every_half_hour_goes_on_through_both_nights(zone: str, day: str) -> None:
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    rhythm = Rhythm(cron="*/30 * * * *", zone=zone)
    for _ in range(24):
        after = rhythm.after(moment)
        assert after - moment == timedelta(minutes=30)
        moment = after


def test_a_cron_line_without_a_zone_is_read_in_utc() -> None:
    assert slots(Rhythm(cron="0 3 * * 1"), "2026-11-22 12:00", 2) == ["11-23 03:00", "11-30 03:00"]
    assert str(Rhythm(cron="0 3 * * 1")) == "0 3 * * 1 (UTC)"


@given(every=st.integers(1, 90_000), late=st.integers(0, 10**7), ahead=st.integers(0, 10**5))
def test_seconds_keep_their_step_whatever_was_missed(every: int, late: int, ahead: int) -> None:
    slot = datetime(2026, 11, 22, tzinfo=UTC)
    moment = slot + timedelta(seconds=late)
    after = Rhythm(every_s=every).after(moment, slot)
    assert moment < after <= moment + timedelta(seconds=every)
    assert (after - slot).total_seconds() % every == 0


def test_the_longest_pause_is_that_of_the_weekend() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    assert Rhythm(cron="0 9 * * 1-5").longest_pause_s(moment) == 3 * 86_400
    assert Rhythm(every_s=300).longest_pause_s(moment) == 300


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"cron": "61 * * * *"}, "bad minute"),
        ({"cron": "daily"}, "five fields"),
        ({"cron": "* * * * * *"}, "five fields"),
        ({"cron": "0 0 31 2 *"}, "bad day-of-month"),
        ({"cron": "0 3 * * *", "zone": "Berlin"}, "Europe/Berlin"),
        ({"cron": "0 3 * * *", "zone": "../etc"}, "Europe/Berlin"),
        ({"every_s": 60, "zone": BERLIN}, "a zone belongs to a cron line"),
        ({"every_s": 60, "cron": "0 3 * * *"}, "either"),
        ({}, "once a second"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(RhythmError, match=told):
        Rhythm(**wrong)  # type: ignore[arg-type]


def test_slots_never_stand_still() -> None:
    rhythm = Rhythm(cron="15,45 1-3 * * *", zone=BERLIN)
    moment = datetime(2026, 10, 24, tzinfo=UTC)
    found = [moment := rhythm.after(moment) for _ in range(20)]
    assert all(before < after for before, after in pairwise(found))
