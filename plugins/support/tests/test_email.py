"""E-mail on real servers: what is read once, what is sent once, and what a lost answer leaves."""

import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme

from hub.sdk import (
    AuthError,
    ConnectorError,
    Correspondent,
    NotSentError,
    OutgoingMessage,
    RejectedError,
    UnknownOutcomeError,
)
from hub.sdk.addresses import AllowedAddresses
from hub.sdk.exchange import Exchange
from hub.sdk.mail import MailLimits, MailRoad
from hub_support.email import CONNECTOR, EmailChannel
from hub_support.email import mailbox as walking
from hub_support.email.compose import composed, message_id
from hub_support.email.mapping import to_message
from hub_support.email.twin import Fault, PostOffice, post_office
from plugins.support.tests.conftest import Open, open_channel

SAMPLES = Path(__file__).parent / "email" / "messages"
ANN = Correspondent(address="ann@x.example", name="Ann")
ANSWER = OutgoingMessage(to=ANN, subject="Re: Hé", text="Grüße\n.\nbye", thread_ids=("<1@x>",))


def mail(number: int, text: str = "Hello", more: str = "") -> bytes:
    head = f"From: Ann <ann@x.example>\nSubject: {number}\nDate: Mon, 23 Nov 2026 08:00:00 +0000\n"
    return f"{head}Message-ID: <{number}@x.example>\n{more}\n{text}\n".replace(
        "\n", "\r\n"
    ).encode()


def numbers(channel: EmailChannel, cursor: str | None) -> tuple[list[str], str]:
    """Walk to the end; gives the subjects met and the last cursor."""
    found: list[str] = []
    pages = list(channel.pull_messages(cursor))
    for page in pages:
        found += [str(channel.to_message(raw)["subject"]) for raw in page.items]
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    return found, pages[-1].cursor


# --- reading --------------------------------------------------------------------------------------


def test_a_new_connection_takes_what_arrives_from_now_on(opened: Open, office: PostOffice) -> None:
    office.post(mail(1))
    found, cursor = numbers(opened(), None)
    assert found == []
    office.post(mail(2))
    office.post(mail(3))
    assert numbers(opened(), cursor)[0] == ["2", "3"]


def test_so_many_days_back_if_the_merchant_says_so(opened: Open, office: PostOffice) -> None:
    office.post(mail(1), datetime(2026, 11, 10, tzinfo=UTC))
    office.post(mail(2), datetime(2026, 11, 21, 12, tzinfo=UTC))
    assert numbers(opened(import_days=7), None)[0] == ["2"]


def test_a_walk_has_pages_and_can_be_taken_up_after_each(
    opened: Open, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_MESSAGES", 2)
    channel = opened(import_days=300)
    for number in range(1, 6):
        office.post(mail(number), datetime(2026, 11, 22, tzinfo=UTC))
    pages = list(channel.pull_messages(None))
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert numbers(opened(), pages[0].cursor)[0] == ["3", "4", "5"]
    assert numbers(opened(), pages[-1].cursor)[0] == []


def test_a_rebuilt_mailbox_is_read_anew_from_its_first_day(
    opened: Open, office: PostOffice
) -> None:
    """UIDVALIDITY changed: repeats are harmless, since every mail is known by its Message-ID."""
    office.post(mail(1), datetime(2026, 11, 1, tzinfo=UTC))
    _, cursor = numbers(opened(), None)
    office.post(mail(2), datetime(2026, 11, 23, 10, tzinfo=UTC))
    _, cursor = numbers(opened(), cursor)
    office.move_mailbox()
    office.post(mail(3), datetime(2026, 11, 23, 11, tzinfo=UTC))
    found, after = numbers(opened(), cursor)
    assert found == ["2", "3"] and after.split(":")[0] != cursor.split(":")[0]


def test_of_a_huge_mail_the_beginning_is_read_and_said_to_be_cut(
    opened: Open, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST_OF_ONE", 2000)
    _, cursor = numbers(opened(), None)
    office.post(mail(1, "x" * 10_000))
    (page,) = opened().pull_messages(cursor)
    message = opened().to_message(page.items[0])
    assert message["truncated"] and 1000 < len(message["text"]) < 2000


def test_reading_leaves_the_mailbox_as_it_was(opened: Open, office: PostOffice) -> None:
    _, cursor = numbers(opened(), None)
    office.post(mail(1))
    assert numbers(opened(), cursor)[0] == numbers(opened(), cursor)[0] == ["1"]


def test_a_wrong_password_stops_the_connection_and_is_never_told(
    opened: Open, office: PostOffice, heard: list[Exchange]
) -> None:
    for call in (lambda c: list(c.pull_messages(None)), lambda c: c.check(),
                 lambda c: c.send_message(ANSWER, key="k")):  # fmt: skip
        with pytest.raises(AuthError) as refused:
            call(opened(password="canary-wrong-91"))
        assert "canary-wrong-91" not in str(refused.value)
    assert {one.outcome for one in heard} == {"auth"}
    assert "canary" not in repr(heard) and "help@shop" not in repr(heard)


def test_an_unheard_of_folder_is_told_when_connecting(opened: Open) -> None:
    with pytest.raises(RejectedError, match="Gesendet"):
        opened(sent_folder="Gesendet").check()


# --- sending --------------------------------------------------------------------------------------


def test_an_answer_is_threaded_and_carries_the_key(opened: Open, office: PostOffice) -> None:
    accepted = opened().send_message(ANSWER, key="message:1")
    (sent,) = office.taken
    read = message_from_bytes(sent.raw, policy=default)
    assert sent.recipients == ("ann@x.example", "help@shop.example")
    assert (read["Message-ID"], read["In-Reply-To"]) == (accepted.external_id, "<1@x>")
    assert (read["X-Commerce-Hub-Key"], read["Subject"]) == ("message:1", "Re: Hé")
    assert read["To"].addresses[0].addr_spec == "ann@x.example" and "Bcc" not in read
    assert read.get_content().replace("\r\n", "\n") == "Grüße\n.\nbye\n", "dots are stuffed"


def test_our_copy_in_the_mailbox_is_known_as_ours(opened: Open, office: PostOffice) -> None:
    _, cursor = numbers(opened(), None)
    opened().send_message(ANSWER, key="message:1")
    (page,) = opened().pull_messages(cursor)
    message = opened().to_message(page.items[0])
    assert (message["own"], message["key"]) == (True, "message:1")


@pytest.mark.parametrize(
    ("fault", "error", "taken", "found"),
    [
        ("refuse", RejectedError, 0, False),
        ("greylist", NotSentError, 0, False),
        ("drop_before_data", UnknownOutcomeError, 0, False),
        ("drop_after_data", UnknownOutcomeError, 1, True),
        ("late", UnknownOutcomeError, 1, False),
    ],
)
def test_a_bad_day_is_named_and_a_look_tells_what_was_sent(
    opened: Open, office: PostOffice, fault: Fault, error: type[ConnectorError], taken: int,
    found: bool,
) -> None:  # fmt: skip
    office.faults.append(fault)
    with pytest.raises(error):
        opened().send_message(ANSWER, key="k")
    assert len(office.taken) == taken
    seen = opened().find_message(ANSWER, key="k")
    assert (seen is not None) == found
    assert opened().find_message(ANSWER, key="another") is None
    office.deliver_held_back()
    if fault == "late":
        assert opened().find_message(ANSWER, key="k") is not None


def test_what_is_delivered_twice_is_one_mail_by_its_id(opened: Open, office: PostOffice) -> None:
    office.faults.append("twice")
    _, cursor = numbers(opened(), None)
    opened().send_message(ANSWER, key="k")
    (page,) = opened().pull_messages(cursor)
    ids = {opened().to_message(raw)["external_id"] for raw in page.items}
    assert (len(page.items), len(ids)) == (2, 1)


def test_a_recipient_nobody_knows_is_refused_before_anything_is_sent(
    opened: Open, office: PostOffice
) -> None:
    office.unknown.add("ann@x.example")
    with pytest.raises(RejectedError, match="550") as refused:
        opened().send_message(ANSWER, key="k")
    assert office.taken == [] and "ann@x.example" not in str(refused.value)


@pytest.mark.parametrize("address", ["no address", "a@b@c", "ann@x.example\r\nBcc: e@x", "ä@x.de"])
def test_what_is_no_address_is_refused_unsent(
    opened: Open, office: PostOffice, address: str
) -> None:
    odd = ANSWER.model_copy(update={"to": Correspondent(address=address)})
    with pytest.raises(RejectedError):
        opened().send_message(odd, key="k")
    assert office.taken == []


def test_a_look_that_fails_proves_nothing(opened: Open, office: PostOffice) -> None:
    office.log_ins = False
    with pytest.raises(AuthError):
        opened(password="wrong").find_message(ANSWER, key="k")
    with pytest.raises(RejectedError):
        opened(sent_folder="Gone").find_message(ANSWER, key="k")


def test_a_server_that_nobody_allowed_is_not_called(opened: Open, office: PostOffice) -> None:
    with pytest.raises(RejectedError, match="HUB_ALLOW_HOSTS"):
        opened(smtp_port=office.smtp_port - 1).send_message(ANSWER, key="k")


@pytest.mark.parametrize("trusted", [True, False])
def test_both_servers_are_spoken_to_encrypted_and_only_where_trusted(
    trusted: bool, tmp_path: Path
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path / "ca.pem"
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(file))
    with post_office(context) as office:
        secret = {"imap_security": "tls", "smtp_security": "starttls"}
        channel = open_channel(office, MailRoad(
            "c", AllowedAddresses.parse(office.hosts.split(",")), str(file),
            limits=MailLimits(total=5),
        ), **secret)  # fmt: skip
        if trusted:
            channel.check()
            channel.send_message(ANSWER, key="k")
            assert channel.find_message(ANSWER, key="k") is not None
            return
        for call in (channel.check, lambda: channel.send_message(ANSWER, key="k")):
            with pytest.raises(NotSentError, match="not trusted"):
                call()
        assert office.taken == []


def test_the_same_key_makes_the_same_message_id_everywhere() -> None:
    assert message_id("k", "a@Shop.example") == message_id("k", "b@shop.example")
    assert message_id("k", "a@shop.example") != message_id("l", "a@shop.example")
    early, late = (
        composed(ANSWER, ("a@shop.example", "Shop"), "k", datetime(2026, 1, day, tzinfo=UTC))
        for day in (1, 2)
    )
    assert message_from_bytes(early)["Message-ID"] == message_from_bytes(late)["Message-ID"]


def test_the_descriptor_says_that_a_lost_answer_can_be_looked_up() -> None:
    (traits,) = CONNECTOR.effects.values()
    assert traits.lookup and traits.key_retention is None and traits.settle >= timedelta(minutes=1)


# --- understanding --------------------------------------------------------------------------------


def understood(name: str) -> dict[str, Any]:
    return dict(to_message((SAMPLES / f"{name}.eml").read_bytes(), "help@shop.example"))


def test_a_question_is_read_with_its_letters() -> None:
    message = understood("question")
    assert (message["subject"], message["text"].endswith("Grüße")) == ("Wö is my parcel?", True)
    assert message["sender"].name == "Quillon Vexworthy-Oort"
    assert message["sent_at"] == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert not message["automatic"] and message["thread_ids"] == ()


def test_html_alone_gives_its_words_and_attachments_are_noted() -> None:
    message = understood("reply_in_html")
    assert message["text"] == "Thank you & good night\nQ."
    assert message["thread_ids"] == ("<answer-9@shop.example>", "<question-1@vexworthy.example>")
    (enclosure,) = message["enclosures"]
    assert (enclosure.name, enclosure.media_type, enclosure.size) == ("photo.png", "image/png", 8)


def test_machines_are_known_by_their_marks() -> None:
    assert understood("out_of_office")["automatic"]
    for mark in ("Auto-Submitted: auto-generated", "Precedence: list", "Return-Path: <>",
                 "List-Id: <news.x.example>"):  # fmt: skip
        raw = b"X-Hub-Arrived: 2026-11-23T09:00:05+00:00\r\n" + mail(1, more=f"{mark}\n")
        assert to_message(raw, "help@shop.example")["automatic"], mark
    person = mail(1, more="Auto-Submitted: no\n")
    assert not to_message(person, "help@shop.example")["automatic"]


def test_a_bounce_names_our_mail_and_no_person() -> None:
    bounce = understood("bounce")["bounce"]
    assert (bounce.message_id, bounce.permanent) == ("<answer-9@shop.example>", True)
    assert bounce.reason == "5.1.1"


def test_lying_charsets_broken_headers_and_a_missing_id_are_all_survived() -> None:
    message = understood("charset_horror")
    assert message["sender"] == Correspondent(address="joerg@x.example", name="Jörg")
    assert "na" in message["text"] and "\0" not in message["text"]
    assert message["external_id"].endswith("@without-id.invalid>")
    again = (SAMPLES / "charset_horror.eml").read_bytes().replace(b"09:00:05", b"09:59:59")
    assert to_message(again, "x@y")["external_id"] == message["external_id"], "known by its bytes"
    assert message["sent_at"] == datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)


def test_the_server_s_marks_cannot_be_forged_and_no_mail_comes_from_the_future() -> None:
    forged = b"X-Hub-Arrived: 2026-11-23T09:00:05+00:00\r\nX-Hub-Cut: no\r\n" + mail(
        1, more="X-Hub-Arrived: 1999-01-01T00:00:00+00:00\nX-Hub-Cut: yes\n"
    ).replace(b"23 Nov 2026", b"23 Nov 2096")
    message = to_message(forged, "help@shop.example")
    assert message["sent_at"] == datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
    assert not message["truncated"]
