"""Tickets: who wrote what, where it goes on, what time does, and what a person may do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.domain.business_calendar import WEEKDAYS
from hub.domain.tickets import Act, TicketActError
from hub.jobs.idle import run_until_idle
from hub.jobs.worker import Worker
from hub.records.message import Bounce, Correspondent, IncomingMessage
from hub.records.ticket import Delivery, Direction, ExceptionKind, Link, Priority
from hub.services.context import Hub
from hub.services.kinds import job_kinds
from hub.services.rulebooks import put_in_force
from hub.services.tickets import desk
from hub.services.tickets.clocks import reckon_clocks
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.services.tickets.incoming import MOST_AN_HOUR, take_in
from hub.store import tables
from hub.store.effects import sent_by_jobs_to_unknown
from hub.store.people import people_for
from hub.store.ticket_messages import Words, add_message, messages_of, title_of
from hub.store.tickets import find_ticket, links_of, move_ticket
from tests.services.conftest import hub_on
from tests.store.conftest import SettableClock
from tests.store.shop_rows import add_lines, all_rows, connect, one_row

ALWAYS = dict.fromkeys(WEEKDAYS, ["00:00-24:00"])


class Desk:
    """A hub with one mailbox, and short words for what happens there."""

    def __init__(self, store: Any, clock: SettableClock) -> None:
        self.clock = clock
        self.hub: Hub = hub_on(store)
        self.shop = connect(store, connector="scripted")
        self.box = connect(store, "BOX", connector="scripted")
        self.store = self.hub.store
        self._count = 0
        put_in_force(self.store, "sla_policy", ALWAYS, "test")

    def write(self, who: str = "ann@x.example", subject: str = "Where is it?", **said: Any) -> str:
        """A customer writes; gives the id of the message."""
        self._count += 1
        made = f"<{self._count}@x.example>"
        given = {
            "external_id": made, "sender": Correspondent(address=who), "subject": subject,
            "text": "Hello", "sent_at": self.clock(),
        }  # fmt: skip
        message = IncomingMessage(**{**given, **said})
        with self.store.unit_of_work() as unit:
            self.became = take_in(unit, self.box, message)
        return message.external_id

    def answer(self, number: str = "1001", external_id: str = "<out@shop.example>") -> str:
        """The house answers; the message is sent, as the effect would note it."""
        with self.store.unit_of_work() as unit:
            ticket = find_ticket(unit.connection, number)
            assert ticket.person_id is not None
            add_message(
                unit, ticket.id, Direction.OUT, person_id=ticket.person_id, by="ada",
                words=Words("ann@x.example"), connection_id=self.box, external_id=external_id,
                delivery=Delivery.SENT,
            )  # fmt: skip
            move_ticket(unit, ticket, Act.ANSWERED, "ada")
            reckon_clocks(unit, ticket.id)
        return external_id

    def ticket(self, number: int = 1001) -> Any:
        return one_row(self.store, tables.ticket, number=number)

    def numbers(self) -> list[int]:
        return sorted(row.number for row in all_rows(self.store, tables.ticket))

    def clocks(self, number: int = 1001) -> dict[str, str]:
        rows = all_rows(self.store, tables.sla_timer, ticket_id=self.ticket(number).id)
        return {f"{row.kind} {row.round}": row.state for row in rows}

    def exceptions(self) -> dict[str, str]:
        rows = all_rows(self.store, tables.operational_exception)
        return {row.kind: row.state for row in rows}

    def later(self, **span: float) -> None:
        """Time passes, and what is due at its end is done."""
        self.clock.now += timedelta(**span)
        worker = Worker(self.store, job_kinds(self.hub), "boot", chance=lambda: 0.5)
        run_until_idle(worker, sent_by_jobs_to_unknown)


@pytest.fixture
def at(store: Any, clock: SettableClock) -> Desk:
    return Desk(store, clock)


@pytest.fixture
def quick(sqlite_store: Any, clock: SettableClock) -> Desk:
    """The same on one database, where the other adds nothing."""
    return Desk(sqlite_store, clock)


# --- where a message belongs ----------------------------------------------------------------------


def test_a_message_opens_a_ticket_and_the_same_message_again_nothing(at: Desk) -> None:
    again = at.write()
    assert at.became == "created"
    at.write(external_id=again)
    assert at.became == "unchanged"
    assert (at.numbers(), at.ticket().state) == ([1001], "new")


def test_what_was_written_stands_sealed_and_is_gone_with_the_customer(at: Desk) -> None:
    at.write(subject="Quillon is angry", text="From Zephyrine Crescent")
    ticket, message = at.ticket(), one_row(at.store, tables.ticket_message)
    assert ticket.title == "" and b"Quillon" not in ticket.sealed_title
    assert b"Zephyrine" not in message.sealed
    assert message.external_id is None, "the id of a mail names its sender's house"
    with at.store.reading() as database:
        (opened,) = messages_of(database, at.store.keyring, [ticket.id])
        assert opened.words is not None and opened.words.text == "From Zephyrine Crescent"
        assert title_of(database, at.store.keyring, ticket) == "Quillon is angry"
    with at.store.unit_of_work() as unit:
        unit.execute(tables.person.update().values(wrapped_key=None))
    with at.store.reading() as database:
        (erased,) = messages_of(database, at.store.keyring, [ticket.id])
        assert erased.words is None
        assert title_of(database, at.store.keyring, ticket) == "(erased)"


def test_an_answer_to_an_answer_goes_on_with_its_ticket(at: Desk) -> None:
    first = at.write()
    sent = at.answer()
    assert at.ticket().state == "waiting_customer"
    at.write(subject="Thanks", thread_ids=("<unheard@of>", sent, first))
    assert (at.numbers(), at.ticket().state) == ([1001], "open")


def test_the_token_of_a_subject_finds_the_ticket_for_its_own_customer_only(quick: Desk) -> None:
    quick.write()
    quick.write(subject="AW: [T-1001] Where is it?")
    assert quick.numbers() == [1001]
    quick.write(who="eve@x.example", subject="[T-1001] tell me more")
    assert quick.numbers() == [1001, 1002]


def test_a_ticket_is_tied_to_orders_of_the_sender_and_to_no_others(quick: Desk) -> None:
    mine, other = (add_lines(quick.store, quick.shop, None, 1) and row for row in "12")
    orders = all_rows(quick.store, tables.sales_order)
    with quick.store.unit_of_work() as unit:
        people = people_for(unit, [("ann@x.example", None), ("bob@x.example", None)])
        for order, person, number in zip(orders, people, ("NYC-1207", "NYC-1208"), strict=True):
            unit.execute(tables.party.insert().values(
                id=number, person_id=person.id, sealed=b"", country="US", postal_prefix=""
            ))  # fmt: skip
            unit.execute(
                tables.sales_order.update()
                .where(tables.sales_order.c.id == order.id)
                .values(number=number, bare_number=number[4:], party_id=number)
            )
    quick.write(subject="Orders #1207 and 1208")
    with quick.store.reading() as database:
        assert links_of(database, quick.ticket().id) == [(Link.ORDER, orders[0].id)]
    quick.write(who="bob@x.example", subject="no number at all")
    with quick.store.reading() as database:
        assert links_of(database, quick.ticket(1002).id) == [(Link.ORDER, orders[1].id)]
    assert mine and other


def test_a_late_reply_begins_a_new_ticket_tied_to_the_old_one(quick: Desk) -> None:
    first = quick.write()
    desk.resolve(quick.hub, "1001", "ada")
    quick.later(days=10)
    quick.write(thread_ids=(first,))
    assert (quick.numbers(), quick.ticket().state) == ([1001], "open"), "within fourteen days"
    desk.resolve(quick.hub, "1001", "ada")
    quick.later(days=15)
    assert quick.ticket().state == "closed"
    quick.write(thread_ids=(first,))
    assert quick.numbers() == [1001, 1002]
    with quick.store.reading() as database:
        old = quick.ticket().id
        assert (Link.TICKET, old) in links_of(database, quick.ticket(1002).id)


# --- machines -------------------------------------------------------------------------------------


def test_what_a_machine_wrote_is_parked_and_starts_no_clock(quick: Desk) -> None:
    quick.write(automatic=True, subject="Out of office")
    assert (quick.ticket().state, quick.ticket().priority) == ("spam", "low")
    assert "running" not in quick.clocks().values()
    assert all_rows(quick.store, tables.effect) == [], "nobody answers a machine"


def test_an_out_of_office_reply_does_not_wake_a_ticket(quick: Desk) -> None:
    quick.write()
    sent = quick.answer()
    quick.write(automatic=True, thread_ids=(sent,))
    assert quick.ticket().state == "waiting_customer"


def test_a_sender_who_writes_too_much_is_taken_for_a_machine(quick: Desk) -> None:
    for _ in range(MOST_AN_HOUR + 5):
        quick.write(who="loop@x.example")
    states = [row.state for row in all_rows(quick.store, tables.ticket)]
    assert (states.count("new"), states.count("spam")) == (MOST_AN_HOUR, 5)
    quick.later(hours=2)
    quick.write(who="loop@x.example")
    assert quick.ticket(quick.numbers()[-1]).state == "new"


def test_our_own_copies_are_skipped_and_answers_from_elsewhere_are_kept(quick: Desk) -> None:
    first = quick.write()
    quick.write(who="help@shop.example", own=True, key="message:1", thread_ids=(first,))
    assert (quick.became, quick.ticket().state) == ("skipped", "new")
    quick.write(who="help@shop.example", own=True, thread_ids=(first,))
    assert (quick.became, quick.ticket().state) == ("updated", "waiting_customer")
    assert quick.clocks()["first_response 1"] == "met"


def test_a_bounce_opens_the_ticket_again_and_was_no_answer(at: Desk) -> None:
    at.write()
    sent = at.answer()
    assert at.clocks()["first_response 1"] == "met"
    at.write(
        who="mailer-daemon@x.example", automatic=True,
        bounce=Bounce(message_id=sent, permanent=True, reason="5.1.1"),
    )  # fmt: skip
    assert at.ticket().state == "open"
    assert at.exceptions() == {"message_bounced": "open"}
    delivered = [row.delivery for row in all_rows(at.store, tables.ticket_message)]
    assert delivered.count("bounced") == 1
    at.later(minutes=1)
    desk.resolve(at.hub, "1001", "ada", "told by phone")
    assert at.exceptions() == {"message_bounced": "auto_resolved"}


# --- time -----------------------------------------------------------------------------------------


def test_a_broken_promise_is_told_once_and_heals_with_the_answer(at: Desk) -> None:
    at.write()
    assert at.clocks() == {"first_response 1": "running", "resolution 1": "running"}
    at.later(hours=8, seconds=1)
    assert at.clocks()["first_response 1"] == "breached"
    assert at.exceptions() == {"sla_breached": "open"}
    at.later(hours=5)
    assert one_row(at.store, tables.operational_exception).times == 1
    assert at.numbers() == [1001], "the breach shows on its own ticket"
    at.answer()
    assert at.exceptions() == {"sla_breached": "auto_resolved"}
    row = one_row(at.store, tables.sla_timer, kind="first_response")
    assert (row.state, row.policy_version) == ("breached", 1)
    why = one_row(at.store, tables.decision, kind="sla").document
    assert (why["clock"], why["target_minutes"], len(why["ran"])) == ("first_response", 480, 1)
    assert row.due_at == datetime(2026, 11, 22, 20, tzinfo=UTC)


def test_why_a_message_stands_where_it_stands_is_kept(quick: Desk) -> None:
    first = quick.write()
    quick.write(thread_ids=(first,))
    quick.write(subject="[T-1001] again")
    kept = all_rows(quick.store, tables.decision, kind="threading")
    assert [(row.outcome, row.document["why"]) for row in kept] == [
        ("new", "no ticket was named"), ("goes on", "named by its thread"),
        ("goes on", "named by its token"),
    ]  # fmt: skip


def test_a_ticket_resolved_by_hand_settles_what_it_was_opened_for(quick: Desk) -> None:
    with quick.store.unit_of_work() as unit:
        open_exception(unit, ExceptionKind.PARCEL_LOST, "parcel", "parcel is lost")
    desk.resolve(quick.hub, "1001", "ada", "refunded instead")
    assert quick.exceptions() == {"parcel_lost": "resolved"}
    assert quick.ticket().state == "resolved"


def test_a_snoozed_ticket_wakes_by_itself(quick: Desk) -> None:
    quick.write()
    desk.snooze(quick.hub, "T-1001", quick.clock() + timedelta(hours=3), "ada")
    quick.later(hours=2)
    assert quick.ticket().state == "snoozed"
    quick.later(hours=1)
    assert quick.ticket().state == "open"


def test_a_customer_who_writes_wakes_a_snoozed_ticket(quick: Desk) -> None:
    first = quick.write()
    desk.snooze(quick.hub, "1001", quick.clock() + timedelta(days=9), "ada")
    quick.write(thread_ids=(first,))
    assert (quick.ticket().state, quick.ticket().snoozed_until) == ("open", None)


def test_a_resolved_ticket_closes_when_nobody_comes_back(quick: Desk) -> None:
    quick.write()
    desk.resolve(quick.hub, "1001", "ada")
    quick.later(days=4)
    assert quick.ticket().state == "closed"


def test_a_more_urgent_ticket_is_due_sooner(quick: Desk) -> None:
    quick.write()
    normal = one_row(quick.store, tables.sla_timer, kind="first_response").due_at
    desk.assign(quick.hub, "1001", "ada", Priority.URGENT)
    urgent = one_row(quick.store, tables.sla_timer, kind="first_response").due_at
    assert (normal - quick.clock(), urgent - quick.clock()) == (
        timedelta(hours=8), timedelta(hours=1),
    )  # fmt: skip


# --- what a person does ---------------------------------------------------------------------------


def test_merging_keeps_both_histories_and_every_question(at: Desk) -> None:
    first = at.write(subject="one")
    at.write(subject="two")
    desk.note(at.hub, "1001", "he called, too", "ada")
    desk.merge(at.hub, "1001", "1002", "ada")
    merged, target = at.ticket(1001), at.ticket(1002)
    assert (merged.state, merged.merged_into) == ("merged", target.id)
    kept = all_rows(at.store, tables.ticket_message, ticket_id=merged.id)
    assert {row.direction for row in kept} == {"in", "note"}, "its history stays where it was"
    assert "running" not in at.clocks(1001).values()
    at.write(thread_ids=(first,))
    assert at.numbers() == [1001, 1002]
    newest = all_rows(at.store, tables.ticket_message)[-1]
    assert newest.ticket_id == target.id, "what comes in later goes on there"
    with pytest.raises(TicketActError):
        desk.merge(at.hub, "1002", "1001", "ada")


def test_a_question_that_is_merged_into_a_sleeping_ticket_wakes_it(quick: Desk) -> None:
    quick.write(subject="one")
    desk.snooze(quick.hub, "1001", quick.clock() + timedelta(days=3), "ada")
    quick.write(subject="two")
    desk.merge(quick.hub, "1002", "1001", "ada")
    assert (quick.ticket(1001).state, quick.ticket(1002).state) == ("open", "merged")


def test_the_repair_finds_the_ticket_that_the_first_was_merged_into(at: Desk) -> None:
    kind = ExceptionKind.PARCEL_LOST
    with at.store.unit_of_work() as unit:
        for parcel in ("one", "two"):
            open_exception(unit, kind, parcel, f"{parcel} is lost")
    desk.merge(at.hub, "1001", "1002", "ada")
    for parcel, state in (("two", "new"), ("one", "closed")):
        with at.store.unit_of_work() as unit:
            assert close_exception(unit, kind, parcel, "it was delivered after all")
        assert at.ticket(1002).state == state


def test_many_who_touch_a_ticket_at_once_leave_one_set_of_clocks(at: Desk) -> None:
    at.write()
    with ThreadPoolExecutor(4) as pool:
        names = [f"agent {number}" for number in range(8)]
        for done in [pool.submit(desk.assign, at.hub, "1001", name) for name in names]:
            done.result()
    assert at.clocks() == {"first_response 1": "running", "resolution 1": "running"}
    assert at.ticket().assignee in names


def test_spam_stays_spam_and_can_be_taken_up_again(quick: Desk) -> None:
    first = quick.write()
    desk.mark_spam(quick.hub, "1001", "ada")
    quick.write(thread_ids=(first,))
    assert quick.ticket().state == "spam"
    desk.reopen(quick.hub, "1001", "ada")
    assert quick.ticket().state == "open"
    assert quick.clocks()["resolution 2"] == "running"


def test_a_ticket_can_be_opened_by_hand_for_what_no_message_told(quick: Desk) -> None:
    number = desk.open_by_hand(
        quick.hub, "A pallet was left outside", "ada", priority=Priority.HIGH
    )
    assert (number, quick.ticket().title) == (1001, "A pallet was left outside")
    assert quick.clocks() == {"resolution 1": "running"}
