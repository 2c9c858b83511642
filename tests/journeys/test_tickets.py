"""A lost parcel becomes a ticket by itself and is closed by itself; a mail becomes an answer."""

from datetime import timedelta

import pytest

from hub.records.ticket import TicketState
from hub.services.orders.reship import ReshipRefusedError, plan_reshipment, reship
from hub.services.tickets import desk
from hub.services.vendors.connect import sync_now
from hub.store import tables
from hub_support.email.twin import PostOffice, post_office
from tests.journeys.conftest import on_sqlite
from tests.journeys.story import Story

HOUR = 3600
LOST = [{"after": HOUR, "code": "ACC"}, {"after": 2 * HOUR, "code": "LST"}]
FOUND = [{"after": HOUR, "code": "ACC"}, {"after": 2 * HOUR, "code": "DLV"}]


def ticket(story: Story, number: int = 1001) -> TicketState:
    (row,) = story.world.rows(tables.ticket, number=number)
    return TicketState(row.state)


def exceptions(story: Story) -> dict[str, str]:
    return {row.kind: row.state for row in story.world.rows(tables.operational_exception)}


def test_a_lost_parcel_is_sent_again_and_its_ticket_closes_by_itself(story: Story) -> None:
    story.open_for_business(orders=0)
    before = story.stock("HB-250").sellable
    story.carrier_does(LOST)
    number = story.buy("HB-250", 2)
    story.sync()
    story.hand_over()
    story.pass_time(hours=4)
    assert story.phase(number) == "delivery_exception"
    assert exceptions(story) == {"parcel_lost": "open"}
    assert ticket(story) == "new"
    links = {row.kind for row in story.world.rows(tables.ticket_link)}
    assert links == {"order", "parcel"}

    story.carrier_does(FOUND)
    plan = plan_reshipment(story.world.hub, number)
    assert [(line.sku, line.units) for line in plan.lines] == [("HB-250", 2)]
    again = reship(story.world.hub, plan, "lost on the way", "ada")
    story.world.run()
    assert ticket(story) == "waiting_third_party"
    with pytest.raises(ReshipRefusedError, match="sent again already"):
        plan_reshipment(story.world.hub, number)
    assert story.labels() == [number, again]
    story.end_well()

    story.hand_over()
    assert story.stock("HB-250").sellable == before - 4
    assert len(story.notes(number)) == 2, "the shop tells the customer of the second parcel, too"
    story.pass_time(hours=4)
    assert story.phase(again) == "delivered"
    assert exceptions(story) == {"parcel_lost": "auto_resolved"}
    assert ticket(story) == "closed"
    assert [row.number for row in story.world.rows(tables.ticket)] == [1001]
    story.end_well()


# --- mail -----------------------------------------------------------------------------------------


def letter(number: int, text: str, more: str = "") -> bytes:
    whole = (
        "From: Quillon Vexworthy-Oort <quillon@vexworthy.example>\nTo: help@shop.example\n"
        f"Subject: Where is order {text}\nDate: Mon, 23 Nov 2026 01:00:00 +0000\n"
        f"Message-ID: <{number}@vexworthy.example>\n{more}\nPlease tell me.\n"
    )
    return whole.replace("\n", "\r\n").encode()


@pytest.fixture
def office(story: Story) -> PostOffice:
    return story.entered(post_office())


def connect_mail(story: Story, office: PostOffice) -> None:
    story.world.also_allowed = office.hosts.split(",")
    story.world.crash()  # allowed addresses are read at the start
    story.world.connect("email", "HELP", **office.config)
    story.world.writes_on("HELP")
    story.world.poll_every(timedelta(hours=6))
    story.world.run()


def pull_mail(story: Story) -> None:
    sync_now(story.world.hub, "HELP")
    story.world.run()


def test_a_mail_becomes_a_ticket_and_its_answer_finds_the_thread(
    story: Story, office: PostOffice
) -> None:
    story.open_for_business(orders=0)
    number = story.buy("HB-250")
    story.sync()
    connect_mail(story, office)
    office.post(letter(1, number))
    pull_mail(story)
    assert ticket(story) == "new"
    (link,) = story.world.rows(tables.ticket_link)
    assert (link.kind, link.subject_id) == ("order", story.order(number).id)

    desk.reply(story.world.hub, "1001", "It leaves today.", "ada")
    story.world.run()
    (effect,) = story.world.rows(tables.effect, kind="message")
    assert effect.key == f"message:{effect.subject_id}", "a stored key is never made anew"
    (sent,) = office.taken
    assert b"In-Reply-To: <1@vexworthy.example>" in sent.raw and b"[T-1001]" in sent.raw
    assert ticket(story) == "waiting_customer"
    pull_mail(story)
    assert ticket(story) == "waiting_customer", "our own copy is no message"

    office.post(letter(2, "today?", f"In-Reply-To: {sent.message_id}\n"))
    pull_mail(story)
    assert ticket(story) == "open"
    assert [row.number for row in story.world.rows(tables.ticket)] == [1001]
    story.end_well()


@on_sqlite
@pytest.mark.parametrize("fault", ["drop_after_data", "drop_before_data", "late"])
def test_an_answer_whose_fate_is_unknown_reaches_the_customer_once(
    story: Story, office: PostOffice, fault: str
) -> None:
    connect_mail(story, office)
    office.post(letter(1, "7?"))
    pull_mail(story)
    office.faults.append(fault)  # type: ignore[arg-type]
    desk.reply(story.world.hub, "1001", "It leaves today.", "ada")
    story.world.run()
    office.deliver_held_back()
    story.pass_time(hours=2)
    (effect,) = story.world.rows(tables.effect, kind="message")
    assert effect.state == "succeeded"
    assert len(office.taken) == 1
    (message,) = story.world.rows(tables.ticket_message, direction="out")
    assert (message.delivery, message.external_id) == ("sent", office.taken[0].message_id)
    story.end_well()
