"""The group commit and its threads, alone: shared commits, fair failures, bounded waiting."""

import threading
from collections.abc import Sequence

import pytest

from hub.services.intake.receive import Letter
from hub.web import mailroom
from hub.web.lanes import FullError, Lanes
from hub.web.mailroom import Mailroom

WAIT_S = 10.0


def letter(name: str) -> Letter:
    return Letter(name, (), b"")


class Desk:
    """Keeps letters; the first group waits until it is told to go on."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.began, self.go_on = threading.Event(), threading.Event()

    def keep(self, letters: Sequence[Letter]) -> list[int | Exception]:
        self.groups.append([one.connection_id for one in letters])
        self.began.set()
        assert self.go_on.wait(WAIT_S)
        return [ValueError("spoiled") if one.connection_id == "bad" else 1 for one in letters]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_arrives_during_a_commit_shares_the_next_one(desk: Desk) -> None:
    room = Mailroom(desk.keep)
    first = room.post(letter("1"))
    assert desk.began.wait(WAIT_S)
    rest = [room.post(letter(str(number))) for number in range(2, 600)]
    assert not first.done(), "nothing is answered before it is durable"
    desk.go_on.set()
    assert [one.result(WAIT_S) for one in (first, *rest)] == [1] * 599
    assert [len(group) for group in desk.groups] == [1, 250, 250, 98]


def test_one_that_cannot_be_kept_is_told_alone(desk: Desk) -> None:
    desk.go_on.set()
    room = Mailroom(desk.keep)
    well, bad = room.post(letter("well")), room.post(letter("bad"))
    assert well.result(WAIT_S) == 1
    with pytest.raises(ValueError, match="spoiled"):
        bad.result(WAIT_S)


def test_a_database_that_fails_is_told_to_everyone_and_the_next_is_served() -> None:
    failures = iter([OSError("away")])

    def keep(letters: Sequence[Letter]) -> list[int | Exception]:
        for failure in failures:
            raise failure
        return [1] * len(letters)

    room = Mailroom(keep)
    with pytest.raises(OSError, match="away"):
        room.post(letter("1")).result(WAIT_S)
    assert room.post(letter("2")).result(WAIT_S) == 1


def test_who_was_told_to_come_again_is_not_kept_behind_his_back(desk: Desk) -> None:
    room = Mailroom(desk.keep)
    first = room.post(letter("1"))
    assert desk.began.wait(WAIT_S)
    impatient, patient = room.post(letter("impatient")), room.post(letter("patient"))
    assert impatient.cancel()
    desk.go_on.set()
    assert first.result(WAIT_S) == patient.result(WAIT_S) == 1
    assert desk.groups == [["1"], ["patient"]]


def test_a_waiting_room_that_is_full_says_so_and_forgets_the_impatient(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailroom, "MOST_WAITING", 3)
    room = Mailroom(desk.keep)
    room.post(letter("at work"))
    assert desk.began.wait(WAIT_S)
    waiting = [room.post(letter("waits")) for _ in range(3)]
    with pytest.raises(FullError):
        room.post(letter("one too many"))
    waiting[0].cancel()
    last = room.post(letter("fits again"))
    desk.go_on.set()
    assert last.result(WAIT_S) == 1


def test_work_that_hangs_stops_its_own_lane_only() -> None:
    free = threading.Event()
    lanes = Lanes(lanes=2, threads=1, most_unfinished=3)
    hung, well = "a", next(key for key in map(str, range(99)) if hash(key) % 2 != hash("a") % 2)
    stuck = [lanes.submit(hung, lambda: free.wait(WAIT_S)) for _ in range(3)]
    with pytest.raises(FullError):
        lanes.submit(hung, lambda: True)
    assert [lanes.submit(well, lambda: "done").result(WAIT_S) for _ in range(9)] == ["done"] * 9
    free.set()
    assert all(one.result(WAIT_S) for one in stuck)
    assert lanes.submit(hung, lambda: "again").result(WAIT_S) == "again"


def test_work_that_fails_gives_its_place_back() -> None:
    lanes = Lanes(lanes=1, threads=1, most_unfinished=1)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            lanes.submit("a", lambda: 1 // 0).result(WAIT_S)
