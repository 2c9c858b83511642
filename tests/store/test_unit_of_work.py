"""The unit of work: one commit, with everything that follows from it, or nothing at all."""

from collections.abc import Sequence
from threading import Thread
from typing import Any

import pytest

from hub.records.events import Event, EventKind
from hub.sdk.http import AllowedAddresses, HttpClient
from hub.sdk.tripwire import CallInsideTransactionError
from hub.store import tables
from hub.store.jobs import JobDraft, insert_jobs
from hub.store.unit_of_work import NestedUnitError, Store, Unit
from tests.store.conftest import KEYRING
from tests.store.shop_rows import add_place, all_rows


def note(unit: Unit, name: str) -> None:
    unit.execute(tables.hub.insert().values(name=name, value=""))


def noted(store: Store) -> list[str]:
    return sorted(row.name for row in all_rows(store, tables.hub))


def accept_each(unit: Unit, events: Sequence[Event]) -> None:
    """React as the hub does: a job for each placed order, written with the fact."""
    placed = [one for one in events if one.kind == EventKind.ORDER_PLACED]
    insert_jobs(
        unit,
        [JobDraft(kind="accept", queue="orders", event_id=one.id, run_at=unit.now)
         for one in placed],
    )  # fmt: skip


def like(store: Store, **options: Any) -> Store:
    return Store(store.engines, store.clock, KEYRING, **options)


class CrashError(Exception):
    """The process dies here."""


def test_what_is_written_in_the_block_is_seen_after_it_and_not_before(store: Store) -> None:
    with store.unit_of_work() as unit:
        note(unit, "a")
        note(unit, "b")
        assert noted(store) == []
    assert noted(store) == ["a", "b"]


def test_an_error_leaves_nothing_behind_and_the_store_usable(store: Store) -> None:
    with pytest.raises(CrashError), store.unit_of_work() as unit:
        note(unit, "a")
        raise CrashError
    assert noted(store) == []
    with store.unit_of_work() as unit:
        note(unit, "b")
    assert noted(store) == ["b"]


def test_a_unit_inside_a_unit_is_refused_and_undoes_both(store: Store) -> None:
    with pytest.raises(NestedUnitError), store.unit_of_work() as unit:
        note(unit, "outer")
        with store.unit_of_work() as inner:
            note(inner, "inner")
    assert noted(store) == []


def test_units_of_other_threads_are_not_nested(store: Store) -> None:
    def work(name: str) -> None:
        with store.unit_of_work() as unit:
            note(unit, name)

    threads = [Thread(target=work, args=(f"t{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert noted(store) == [f"t{number}" for number in range(6)]


def test_a_call_to_a_vendor_inside_a_unit_is_refused(store: Store) -> None:
    vendor = HttpClient("http://127.0.0.1:9", allow=AllowedAddresses.parse(["127.0.0.1:9"]))
    try:
        with pytest.raises(CallInsideTransactionError), store.unit_of_work() as unit:
            note(unit, "a")
            vendor.get("/orders")
    finally:
        vendor.close()
    assert noted(store) == []


def test_a_fact_and_its_reactions_are_one_commit(store: Store) -> None:
    reacting = like(store, react=accept_each)
    with reacting.unit_of_work() as unit:
        fact = unit.record(EventKind.ORDER_PLACED, "order-1")
    (event,), (job,) = all_rows(store, tables.event), all_rows(store, tables.job)
    assert (event.id, event.kind, event.subject_id) == (fact.id, "order_placed", "order-1")
    assert (job.kind, job.event_id) == ("accept", fact.id)


def test_when_a_reaction_fails_the_fact_has_not_happened(store: Store) -> None:
    def failing(unit: Unit, events: Sequence[Event]) -> None:
        accept_each(unit, events)
        raise CrashError

    with pytest.raises(CrashError), like(store, react=failing).unit_of_work() as unit:
        note(unit, "a")
        unit.record(EventKind.ORDER_PLACED, "order-1")
    assert (noted(store), all_rows(store, tables.event), all_rows(store, tables.job)) == (
        [],
        [],
        [],
    )


def test_a_fact_recorded_by_a_reaction_is_written_and_reacted_to_as_well(store: Store) -> None:
    heard: list[EventKind] = []

    def chain(unit: Unit, events: Sequence[Event]) -> None:
        heard.extend(event.kind for event in events)
        if heard == [EventKind.ORDER_PLACED]:
            unit.record(EventKind.PAYMENT_VERIFIED, "order-1")

    with like(store, react=chain).unit_of_work() as unit:
        unit.record(EventKind.ORDER_PLACED, "order-1")
    assert heard == [EventKind.ORDER_PLACED, EventKind.PAYMENT_VERIFIED]
    assert len(all_rows(store, tables.event)) == 2


class WitnessBell:
    """Looks, at the moment it is rung, which jobs the database shows to others."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rung: list[tuple[list[str], list[str]]] = []

    def ring(self, job_ids: Sequence[str]) -> None:
        shown = [row.id for row in all_rows(self.store, tables.job)]
        self.rung.append((list(job_ids), shown))


def test_the_bell_rings_once_and_only_when_the_jobs_can_be_seen(store: Store) -> None:
    bell = WitnessBell(store)
    ringing = like(store, react=accept_each, bell=bell)
    with ringing.unit_of_work() as unit:
        unit.record(EventKind.ORDER_PLACED, "order-1")
        assert bell.rung == []
    ((rung, shown),) = bell.rung
    assert rung == shown and len(rung) == 1


def test_no_bell_rings_for_what_was_undone(store: Store) -> None:
    bell = WitnessBell(store)
    ringing = like(store, react=accept_each, bell=bell)
    with pytest.raises(CrashError), ringing.unit_of_work() as unit:
        insert_jobs(unit, [JobDraft(kind="accept", queue="orders", run_at=unit.now)])
        unit.record(EventKind.ORDER_PLACED, "order-1")
        raise CrashError
    assert bell.rung == []


def test_observers_hear_of_facts_after_the_commit_and_never_of_undone_ones(store: Store) -> None:
    heard: list[tuple[str, list[str]]] = []
    telling = like(store, observe=lambda event: heard.append((event.subject_id, noted(store))))
    with telling.unit_of_work() as unit:
        note(unit, "a")
        unit.record(EventKind.ORDER_PLACED, "order-1")
    with pytest.raises(CrashError), telling.unit_of_work() as unit:
        unit.record(EventKind.ORDER_PLACED, "order-2")
        raise CrashError
    assert heard == [("order-1", ["a"])]


def test_what_is_read_cannot_be_written(store: Store) -> None:
    with store.reading() as database, pytest.raises(Exception, match="readonly|read-only"):
        database.execute(tables.hub.insert().values(name="a", value=""))
    assert noted(store) == []


def test_every_instant_of_a_unit_is_the_same(store: Store) -> None:
    add_place(store)
    with store.unit_of_work() as unit:
        first = unit.record(EventKind.ORDER_PLACED, "order-1")
        second = unit.record(EventKind.ORDER_PLACED, "order-2")
    assert first.at == second.at == store.clock()
