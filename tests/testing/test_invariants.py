"""Every invariant notices what it is there to notice; each offence is planted by hand."""

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from hub.records.ticket import ExceptionKind
from hub.services.orders.cancelling import ask_cancellation
from hub.services.orders.refunding import ask_refund, plan_refund
from hub.services.tickets import desk
from hub.services.tickets.exceptions import open_exception
from hub.services.vendors.listing_push import want_listing
from hub.testing.invariants import INVARIANTS, check
from tests.journeys.story import SHOP_KEYS, Story

Plant = Callable[[Story], None]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A story that ended well: one parcel has left, one is labelled, one order waits for money.

    Of what left, one unit was given back; one order was cancelled; one price was changed. It is
    told on SQLite, whose checks can be switched off to plant what no database takes; on PostgreSQL
    every journey ends with the same invariants.
    """
    with ExitStack() as ending:
        story = Story(tmp_path_factory.mktemp("told"), ending)
        story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
        left = story.buy("HB-250", 2)
        story.sync()
        story.hand_over()
        plan = plan_refund(story.world.hub, left, units={"HB-250": 1})
        ask_refund(story.world.hub, plan, "broken", "request-1", pays_back=False)
        off = story.buy("HB-250")
        story.sync()
        ask_cancellation(story.world.hub, off, "sold out", "merchant")
        want_listing(story.world.hub, "HB-250", "NYC", price="19.00")
        story.buy("MUG-SET")
        story.buy("HB-250", status="on-hold", paid=False, payment_method="bacs")
        story.sync()
        with story.world.hub.store.unit_of_work() as unit:
            open_exception(unit, ExceptionKind.PARCEL_LOST, "a-parcel", "it is lost")
        desk.open_by_hand(story.world.hub, "A pallet stands outside", "merchant")
        story.pass_time(minutes=5)
        story.end_well()
        story.world.crash()
        yield story


@pytest.fixture
def story(told: Story, tmp_path: Path) -> Iterator[Story]:
    """The same story each time; what a test plants is taken back."""
    home, kept = told.world.home, tmp_path / "kept"
    shutil.copytree(home, kept)
    for place, twin in enumerate(told.world.twins):
        twin.save(tmp_path / f"{place}.db")
    yield told
    told.world.crash()
    shutil.rmtree(home)
    shutil.copytree(kept, home)
    for place, twin in enumerate(told.world.twins):
        twin.restore(tmp_path / f"{place}.db")


def sql(statement: str) -> Plant:
    def plant(story: Story) -> None:
        story.world.start()
        with closing(sqlite3.connect(story.world.home / "hub.db")) as database:
            database.execute("PRAGMA ignore_check_constraints=ON")
            assert database.execute(statement).rowcount, "nothing was planted"
            database.commit()

    return plant


def a_second_label(story: Story) -> None:
    (first, *_) = story.carrier.log.effects("label_bought")
    log_effect(story.carrier.data, "label_bought", "LBL-999", first.reference)


def a_label_of_nobody(story: Story) -> None:
    log_effect(story.carrier.data, "label_bought", "LBL-999", "label:nobody:1")


def a_second_note(story: Story) -> None:
    shop = story.shops["NYC"]
    (first, *_) = shop.log.effects("note_added")
    key = first.reference.rpartition("Ref: ")[2]
    log_effect(shop.data, "note_added", first.subject, f"Again. Ref: {key}:2", '{"note": 999}')


def log_effect(file: Path, kind: str, subject: str, reference: str, detail: str = "{}") -> None:
    with closing(sqlite3.connect(file)) as twin:
        twin.execute(
            "INSERT INTO log (entry, at, method, path, reference, kind, subject, detail) "
            "VALUES ('effect', '2026-11-23T09:00:00+00:00', '', '', ?, ?, ?, ?)",
            (reference, kind, subject, detail),
        )
        twin.commit()


def an_order_the_hub_missed(story: Story) -> None:
    story.buy("HB-250")


def another_number_in_the_shop(story: Story) -> None:
    story.shops["NYC"].action("set_stock", sku="MUG-SET", quantity=3)


def another_price_in_the_shop(story: Story) -> None:
    shop = story.shops["NYC"]
    (beans,) = (one for one in shop.documents("product") if one["sku"] == "HB-250")
    shop.merge("product", beans["id"], regular_price="1.00")


def a_refund_the_hub_missed(story: Story) -> None:
    shop = story.shops["NYC"]
    refund = shop.documents("refund")[0]
    shop.put("refund", 9_999, refund | {"id": 9_999, "meta_data": []})


def an_order_revived_unseen(story: Story) -> None:
    shop = story.shops["NYC"]
    (off,) = (one for one in shop.documents("order") if one["status"] == "cancelled")
    shop.merge("order", off["id"], status="processing")


def a_secret_in_a_file(story: Story) -> None:
    (story.world.home / "notes.txt").write_text(f"key: {SHOP_KEYS['secret']}")


def a_name_in_the_log(story: Story) -> None:
    logging.getLogger("careless").warning("parcel for Quillon Vexworthy-Oort")


ONE = " WHERE id = (SELECT max(id) FROM sync_job WHERE kind = 'accept_order')"

PLANTED: tuple[tuple[str, Plant], ...] = (
    ("orders-once", an_order_the_hub_missed),
    ("orders-once", sql("UPDATE sales_order SET total_minor = total_minor + 1")),
    ("orders-once", sql("UPDATE sales_order_line SET quantity = quantity + 1")),
    ("effects-once", a_second_label),
    ("effects-agree", a_label_of_nobody),
    ("effects-agree", sql("UPDATE effect SET state = 'refused', reason = 'no'")),
    ("one-label-a-parcel", a_second_label),
    ("one-label-a-parcel", sql(
        "INSERT INTO shipment (id, order_id, fulfilment_order_id, location_id, generation, "
        "connection_id, state, weight_g, service, tracking_number, tracking_url, "
        "label_external_id, label_format, created_at) SELECT 'made-up', order_id, "
        "fulfilment_order_id, location_id, 9, connection_id, 'label_purchased', 1, '', '', '', "
        "'', '', created_at FROM shipment LIMIT 1"
    )),
    ("one-announcement-a-parcel", a_second_note),
    ("channels-show-the-truth", another_number_in_the_shop),
    ("listings-show-what-is-wanted", another_price_in_the_shop),
    ("refunds-agree", a_refund_the_hub_missed),
    ("refunds-agree", sql("UPDATE refund SET amount_minor = amount_minor + 1")),
    ("refunds-agree", sql("UPDATE refund SET external_id = '4711'")),
    ("never-more-than-paid", sql("UPDATE payment_event SET amount_minor = 1")),
    ("never-more-than-paid", sql("UPDATE sales_order SET refund_reserved_minor = 1")),
    ("cancelled-is-over", an_order_revived_unseen),
    ("stock-is-conserved", sql("UPDATE stock_level SET on_hand = on_hand + 1")),
    ("stock-is-conserved", sql("UPDATE stock_promise SET sellable = sellable + 1")),
    ("promises-add-up", sql("UPDATE stock_promise SET reserved = reserved + 1")),
    ("promises-add-up", sql("UPDATE stock_level SET allocated = allocated + 1")),
    ("lines-add-up", sql("UPDATE sales_order_line SET reserved = reserved + 1")),
    ("lines-add-up", sql("UPDATE sales_order_line SET shipped = 0 WHERE shipped > 0")),
    ("units-leave-once", sql("DELETE FROM stock_movement WHERE kind = 'ship'")),
    ("no-job-stuck", sql("UPDATE sync_job SET state = 'running'" + ONE)),
    ("no-job-stuck", sql("UPDATE sync_job SET state = 'ready', serial_key = NULL" + ONE)),
    ("no-job-stuck", sql("UPDATE sync_job SET state = 'held'" + ONE)),
    ("dead-jobs-explained", sql("UPDATE sync_job SET state = 'dead' WHERE kind = 'open_books'")),
    ("jobs-move-as-drawn", sql("UPDATE job_attempt SET transition = 'T99'")),
    ("jobs-move-as-drawn", sql("UPDATE job_attempt SET transition = ''")),
    ("no-effect-forgotten", sql("UPDATE effect SET state = 'unknown'")),
    ("no-effect-forgotten", sql("UPDATE effect SET state = 'needs_operator', reason = ''")),
    ("no-wish-forgotten", sql("UPDATE desired SET desired_version = desired_version + 1")),
    ("no-webhook-forgotten", sql(
        "INSERT INTO inbox (id, connection_id, dedupe_key, topic, kind, external_id, deleted, "
        "sealed, state, reason, received_at) SELECT 'i', id, 'd', 'order.created', 'order', '1', "
        "0, x'00', 'new', '', created_at FROM connection LIMIT 1"
    )),
    ("kept-aside-explained", sql(
        "INSERT INTO quarantine (id, connection_id, kind, digest, reason, sealed, state, seen, "
        "created_at) SELECT 'q', id, 'order', x'00', '', x'00', 'open', 1, created_at "
        "FROM connection LIMIT 1"
    )),
    ("troubles-have-a-ticket", sql("UPDATE operational_exception SET ticket_id = NULL")),
    ("one-ticket-an-incident", sql(
        "INSERT INTO operational_exception (id, kind, subject_id, ticket_id, severity, state, "
        "sentence, times, opened_at, seen_at, settled_by, note) SELECT 'x', 'parcel_damaged', "
        "subject_id, (SELECT id FROM ticket WHERE number = 1002), severity, state, sentence, 1, "
        "opened_at, seen_at, '', '' FROM operational_exception"
    )),
    ("nobody-forgotten", sql("DELETE FROM sla_timer")),
    ("nobody-forgotten", sql("UPDATE ticket SET state = 'closed'")),
    ("answers-sent-or-owed", sql(
        "INSERT INTO ticket_message (id, ticket_id, direction, delivery, note, \"by\", automatic, "
        "sent_at, recorded_at) SELECT 'm', id, 'out', 'queued', '', '', 0, opened_at, opened_at "
        "FROM ticket LIMIT 1"
    )),
    ("nothing-in-clear", a_secret_in_a_file),
    ("nothing-in-clear", sql("UPDATE sales_order SET channel_status = 'Quillon Vexworthy-Oort'")),
    ("nothing-in-clear", a_name_in_the_log),  # the last: what was said stays said
)  # fmt: skip


@pytest.mark.parametrize(("name", "plant"), PLANTED, ids=[name for name, _ in PLANTED])
def test_a_planted_offence_is_noticed(story: Story, name: str, plant: Plant) -> None:
    assert not check(story.world)
    plant(story)
    assert name in {broken.name for broken in check(story.world)}


def test_every_invariant_has_an_offence_that_it_notices() -> None:
    assert {invariant.name for invariant in INVARIANTS} == {name for name, _ in PLANTED}


def test_invariants_are_named_once_and_say_a_sentence() -> None:
    assert len({invariant.name for invariant in INVARIANTS}) == len(INVARIANTS)
    assert all(invariant.sentence.endswith(".") for invariant in INVARIANTS)
