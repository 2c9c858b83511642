"""Reconciling: what follows from the shop's newest word about an order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.domain.reconcile import (
    Change,
    KnownLine,
    KnownOrder,
    LineUpdate,
    Reconciliation,
    line_counters_of_history,
    reconcile,
)
from hub.records.events import EventKind as K
from hub.records.order import ChannelState as C
from hub.records.order import HoldReason
from tests.records.order_example import PLACED, line, order

LINE = KnownLine("L1", quantity=2, cancelled=0, reserved=0, allocated=0, shipped=0)
KNOWN = KnownOrder("O1", C.OPEN, PLACED, history=False, lines={"1": LINE})
LATER = PLACED + timedelta(seconds=1)


def told(
    known: KnownOrder | None = KNOWN, *, books_open: bool = True, **fields: Any
) -> Reconciliation:
    incoming = order(**{"lines": (line("1"),), "updated_at": LATER, **fields})
    return reconcile(known, incoming, books_open)


def known(state: C = C.OPEN, history: bool = False, **line_fields: int) -> KnownOrder:
    lines = {"1": replace(LINE, **line_fields)}
    return replace(KNOWN, channel_state=state, history=history, lines=lines)


def values(found: Reconciliation) -> dict[str, Any]:
    (update,) = found.updates
    return dict(update.values)


# --- orders never seen before -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "books_open", "history", "events"),
    [
        (C.OPEN, True, False, (K.ORDER_PLACED,)),
        (C.UNKNOWN, True, False, (K.ORDER_PLACED,)),
        (C.DRAFT, True, False, ()),
        (C.CANCELLED, True, True, ()),
        # placed and completed between two looks: its units left the shelf all the same
        (C.FINISHED, True, False, (K.ORDER_SHIPPED_BY_CHANNEL,)),
        (C.OPEN, False, False, ()),
        (C.UNKNOWN, False, False, ()),
        (C.DRAFT, False, False, ()),
        (C.CANCELLED, False, True, ()),
        (C.FINISHED, False, True, ()),
    ],
)
def test_what_follows_from_a_new_order(
    state: C, books_open: bool, history: bool, events: tuple[K, ...]
) -> None:
    found = told(None, state=state, books_open=books_open)
    assert (found.change, found.history, found.events) == (Change.NEW, history, events)
    assert [one.external_id for one in found.new_lines] == ["1"]


# --- orders seen before -----------------------------------------------------------------------


def test_an_older_version_changes_nothing() -> None:
    found = told(updated_at=PLACED - timedelta(seconds=1), state=C.CANCELLED, lines=())
    assert found == Reconciliation(Change.STALE, False)


def test_a_version_of_the_same_second_is_taken() -> None:
    assert told(updated_at=PLACED).change == Change.CHANGED


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (C.OPEN, C.OPEN, (K.ORDER_CHANGED,)),
        (C.UNKNOWN, C.OPEN, (K.ORDER_CHANGED,)),
        (C.DRAFT, C.OPEN, (K.ORDER_PLACED,)),
        (C.CANCELLED, C.OPEN, (K.ORDER_CHANGED,)),
        (C.OPEN, C.CANCELLED, (K.ORDER_CANCELLED,)),
        (C.OPEN, C.FINISHED, (K.ORDER_SHIPPED_BY_CHANNEL,)),
        (C.CANCELLED, C.FINISHED, (K.ORDER_SHIPPED_BY_CHANNEL,)),
        (C.OPEN, C.DRAFT, ()),
    ],
)
def test_what_follows_from_a_change_of_state(before: C, after: C, events: tuple[K, ...]) -> None:
    assert told(known(before), state=after).events == events
    assert told(known(before), state=after, books_open=False).events == ()


def test_a_changed_quantity_gives_the_promise_back_before_it_is_written() -> None:
    found = told(known(reserved=2), lines=(line("1", quantity=3),))
    (update,) = found.updates
    assert update.release
    assert (update.values["quantity"], update.values["cancelled"]) == (3, 0)
    assert found.holds == ()


def test_a_removed_line_is_cancelled_and_gives_its_promise_back() -> None:
    assert told(known(reserved=2), lines=()).updates == (
        LineUpdate("L1", {"cancelled": 2}, release=True),
    )


def test_a_line_removed_before_stays_as_it_is() -> None:
    assert told(known(cancelled=2), lines=()).updates == ()


def test_an_added_line_is_new() -> None:
    found = told(lines=(line("1"), line("9")))
    assert [one.external_id for one in found.new_lines] == ["9"]


@pytest.mark.parametrize("counters", [{"allocated": 2}, {"shipped": 1}])
@pytest.mark.parametrize("lines", [(), (line("1", quantity=1),), (line("1", quantity=5),)])
def test_a_line_changed_after_it_was_routed_is_left_to_a_person(
    counters: dict[str, int], lines: tuple[Any, ...]
) -> None:
    found = told(known(**counters), lines=lines)
    assert found.updates == ()
    ((reason, sentence),) = found.holds
    assert reason == HoldReason.CHANNEL_REQUEST
    assert "after it was routed" in sentence


def test_texts_follow_the_shop_even_after_routing() -> None:
    found = told(known(allocated=2), lines=(line("1", title="T-shirt, organic"),))
    assert values(found)["title"] == "T-shirt, organic"
    assert found.holds == ()


def test_the_lines_of_a_cancelled_order_stay_cancelled() -> None:
    found = told(known(C.CANCELLED, cancelled=2), state=C.CANCELLED)
    assert "cancelled" not in values(found)


@pytest.mark.parametrize("after", [C.OPEN, C.FINISHED])
@pytest.mark.parametrize("history", [False, True])
def test_a_cancelled_order_that_comes_back_has_all_its_units_open_again(
    after: C, history: bool
) -> None:
    found = told(known(C.CANCELLED, history, cancelled=2), state=after)
    assert values(found)["cancelled"] == 0
    assert values(found).get("shipped", 0) == 0
    assert not found.history


# --- orders that were over, or end, before the hub has them in hand ------------------------------


def test_an_order_finished_before_the_books_open_becomes_history_with_its_counters_set() -> None:
    found = told(state=C.FINISHED, books_open=False, lines=(line("1", fulfilled=1),))
    assert found.history
    assert found.events == ()
    assert (values(found)["shipped"], values(found)["cancelled"]) == (1, 1)


def test_an_order_cancelled_before_the_books_open_gives_back_what_it_was_promised() -> None:
    found = told(known(reserved=2), state=C.CANCELLED, books_open=False)
    assert found.updates[0].release
    assert (values(found)["shipped"], values(found)["cancelled"]) == (0, 2)


def test_a_finished_order_that_the_shop_opens_again_has_its_units_open_again() -> None:
    found = told(known(C.FINISHED, history=True, shipped=2))
    assert found.events == (K.ORDER_PLACED,)
    assert not found.history
    assert (values(found)["shipped"], values(found)["cancelled"]) == (0, 0)


def test_history_that_is_edited_stays_history() -> None:
    assert told(known(C.FINISHED, history=True, shipped=2), state=C.FINISHED).history


@pytest.mark.parametrize(
    ("state", "fulfilled", "counters"),
    [
        (C.FINISHED, 2, {"shipped": 2, "cancelled": 0}),
        (C.FINISHED, 1, {"shipped": 1, "cancelled": 1}),
        (C.FINISHED, 5, {"shipped": 2, "cancelled": 0}),
        (C.CANCELLED, 2, {"shipped": 0, "cancelled": 2}),
    ],
)
def test_the_counters_of_history_always_add_up(
    state: C, fulfilled: int, counters: dict[str, int]
) -> None:
    assert line_counters_of_history([line("1", fulfilled=fulfilled)], state) == [counters]
