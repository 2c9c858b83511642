"""`hub tickets`, `hub exceptions` and `hub orders reship`, as a person types them."""

from collections.abc import Iterator

import pytest

from hub_support.email.twin import PostOffice, post_office
from tests.cli.conftest import Cli

LETTER = (
    b"From: Quillon <quillon@vexworthy.example>\r\nSubject: Where is NYC-123\r\n"
    b"Date: Mon, 23 Nov 2026 01:00:00 +0000\r\nMessage-ID: <1@vexworthy.example>\r\n\r\nWell?\r\n"
)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


def test_a_ticket_is_opened_worked_on_and_ended(lived: Cli) -> None:
    made = lived.json("tickets", "open", "A pallet stands outside", "--order", "NYC-123",
                      "--priority", "high")  # fmt: skip
    assert made["ticket"] == "T-1001"
    (row,) = lived.json("tickets", "list")
    assert (row["number"], row["about"], row["due"]) == ("T-1001", ["NYC-123"], "resolution")
    lived("tickets", "note", "1001", "--text", "the driver rang twice")
    lived("tickets", "assign", "T-1001", "--to", "ada", "--priority", "urgent")
    lived("tickets", "snooze", "1001", "--until", "2h")
    shown = lived("tickets", "show", "1001").out
    assert "snoozed" in shown and "the driver rang twice" in shown and "NYC-123" in shown
    assert "resolution 1" in shown and "480 working min" in shown
    lived("tickets", "reopen", "1001")
    lived("tickets", "resolve", "1001", "--note", "it was fetched")
    page = lived.json("tickets", "show", "1001")
    assert page["ticket"]["state"] == "resolved"
    assert page["clocks"][0]["ended_at"] is not None
    assert lived.json("tickets", "list") == []
    assert len(lived.json("tickets", "list", "--all")) == 1


def test_what_cannot_be_done_ends_with_a_reason(lived: Cli) -> None:
    assert "hub tickets list" in lived("tickets", "show", "T-9", code=3).err
    lived("tickets", "open", "one", "--ticket", "T-8", code=3)
    lived("tickets", "open", "one")
    lived("tickets", "open", "two")
    lived("tickets", "link", "1001", code=2)
    lived("tickets", "link", "1001", "--parcel", "no-such", code=3)
    lived("tickets", "snooze", "1001", code=2)
    assert "no mailbox" in lived("tickets", "reply", "1001", "--text", "hi", code=5).err
    lived("tickets", "merge", "1001", "--into", "1002")
    assert "merged" in lived("tickets", "resolve", "1001", code=5).err
    assert lived.json("tickets", "show", "1002")["merged"] == ["T-1001"]
    lived("tickets", "spam", "1002")
    assert "spam" in lived("tickets", "snooze", "1002", "--waiting-for", "customer", code=5).err


def test_a_dry_run_changes_nothing(lived: Cli) -> None:
    lived("tickets", "open", "one", "--dry-run")
    assert lived.json("tickets", "list", "--all") == []
    lived("tickets", "open", "one")
    before = lived.json("tickets", "show", "1001")
    for line in ("note 1001 --text x", "assign 1001 --to ada", "snooze 1001 --until 2h",
                 "resolve 1001", "reopen 1001", "spam 1001", "link 1001 --order NYC-123",
                 "reply 1001 --text hello"):  # fmt: skip
        lived("tickets", *line.split(), "--dry-run")
    assert lived.json("tickets", "show", "1001") == before


def test_a_mail_is_read_answered_and_hidden_from_who_did_not_ask(
    lived: Cli, office: PostOffice
) -> None:
    hub = Cli(lived.home, [*lived.allow, *office.hosts.split(",")], lived.env)
    settings = [f"{name}={value}" for name, value in office.config.items() if name != "password"]
    given = [part for one in settings for part in ("--set", one)]
    hub("connect", "email", "--code", "HELP", *given, "--secret", "password",
        HUB_SECRET_PASSWORD=office.password)  # fmt: skip
    hub("sync", "HELP")
    hub("connections", "writes", "HELP", "on", "--yes")
    office.post(LETTER)
    hub("sync", "HELP")
    (row,) = hub.json("tickets", "list")
    assert "Where" not in row["title"] and row["due"] == "first_response"
    shown = hub("tickets", "show", "1001").out
    assert "vexworthy" not in shown and "Well?" not in shown
    revealed = hub("tickets", "show", "1001", "--reveal").out
    assert "quillon@vexworthy.example" in revealed and "Well?" in revealed
    hub("tickets", "reply", "1001", "--text", "-", given="It arrives today.\n")
    hub("sync", "HELP")
    assert [one.recipients[0] for one in office.taken] == ["quillon@vexworthy.example"]
    assert hub.json("tickets", "list")[0]["state"] == "waiting_customer"


def test_exceptions_are_listed_acknowledged_and_ignored(lived: Cli) -> None:
    assert lived.json("exceptions", "list") == []
    (parcel,) = lived.sql("SELECT id FROM shipment WHERE state = 'handed_over' LIMIT 1")
    lived.sql(
        "INSERT INTO operational_exception (id, kind, subject_id, severity, state, sentence, "
        "times, opened_at, seen_at, settled_by, note) VALUES ('x-12345678', 'parcel_lost', ?, "
        "'major', 'open', 'a parcel is lost', 1, ?, ?, '', '')",
        *parcel, "2026-11-22T09:00:00.000000Z", "2026-11-22T09:00:00.000000Z",
    )  # fmt: skip
    (row,) = lived.json("exceptions", "list")
    assert lived.json("exceptions", "show", "12345678")["kind"] == row["kind"] == "parcel_lost"
    lived("exceptions", "ack", "12345678", "--note", "asked the carrier", "--dry-run")
    assert lived.json("exceptions", "list")[0]["state"] == "open"
    lived("exceptions", "ack", "12345678", "--note", "asked the carrier")
    assert "asked the carrier" in lived("exceptions", "show", "12345678").out
    lived("exceptions", "ignore", "12345678")
    assert lived.json("exceptions", "list") == []
    assert len(lived.json("exceptions", "list", "--all")) == 1
    lived("exceptions", "show", "87654321", code=3)


def test_what_a_carrier_lost_is_sent_again_once(lived: Cli) -> None:
    refused = lived("orders", "reship", "NYC-123", "--yes", code=5)
    assert "nothing to send again" in refused.err
    lived.sql("UPDATE shipment SET state = 'lost' WHERE state = 'handed_over'")
    assert lived.json("orders", "reship", "NYC-123", "--dry-run")["placed"] == ""
    placed = lived.json("orders", "reship", "NYC-123", "--reason", "lost", "--yes")["placed"]
    assert placed == "NYC-123-R1"
    assert lived.json("orders", "show", placed)["lines"]
    assert "sent again already" in lived("orders", "reship", "NYC-123", "--yes", code=5).err
