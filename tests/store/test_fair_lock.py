"""The fair lock: one at a time, in the order of arrival."""

import threading
import time
from collections.abc import Callable

import pytest

from hub.store.fair_lock import FairLock


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.001)


def waiting(lock: FairLock) -> int:
    return len(lock._waiting)


def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    lock, served = FairLock(), list[int]()

    def wait(number: int) -> None:
        with lock:
            served.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(10)]
    with lock:
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: waiting(lock) == number + 1)
        assert served == []
    for thread in threads:
        thread.join(10)
    assert served == list(range(10))


def test_one_who_comes_back_at_once_waits_behind_those_who_were_there() -> None:
    lock, served = FairLock(), list[str]()

    def patient() -> None:
        with lock:
            served.append("patient")

    thread = threading.Thread(target=patient)
    with lock:
        thread.start()
        until(lambda: waiting(lock) == 1)
    with lock:
        served.append("greedy")
    thread.join(10)
    assert served == ["patient", "greedy"]


def test_there_is_never_more_than_one_inside() -> None:
    lock, inside, most = FairLock(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(200):
            with lock:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (most, inside, waiting(lock)) == (1, 0, 0)


def test_an_error_inside_lets_the_next_one_in() -> None:
    lock = FairLock()
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    with lock:
        assert waiting(lock) == 0
