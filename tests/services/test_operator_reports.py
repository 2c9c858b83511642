"""What operators read is asked in words that both databases understand."""

from datetime import timedelta

from hub.domain.signals import Loss
from hub.records.events import EventKind
from hub.reports import symptoms
from hub.reports.events import EventFilter, list_events
from hub.reports.figures import figures, news
from hub.reports.job_story import job_story
from hub.reports.overview import overview
from hub.reports.pacing import pacing_of
from hub.reports.webhooks import webhooks_detail
from hub.sdk.pacing import Breaker
from hub.services.context import Hub
from hub.services.vendors.connect import pause, resume
from hub.services.vendors.watch import look
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import Connected
from hub.store.desired import WEBHOOK, confirm, open_wishes, want
from hub.store.hearing import losses, note_changes, settle_unheard
from hub.store.pacing_rows import State, put_state
from hub.store.signals import read_signals
from tests.store.conftest import SettableClock


def test_figures_count_what_stands_and_what_ended(
    hub: Hub, shop: Connected, clock: SettableClock
) -> None:
    with hub.store.unit_of_work() as unit:
        owe(unit, "pull_orders", shop.id, shop.id)
    pause(hub, "NYC", "x")
    look(hub)
    with hub.store.reading() as database:
        found = figures(database, {"scripted"}, clock() + timedelta(minutes=1))
        assert found.tables["jobs_owed"].rows == [(("held", "pull_orders"), 1.0)]
        assert found.tables["incidents_open"].rows == [(("NYC", "paused"), 1.0)]
        assert found.tables["connection_up"].rows == [(("NYC",), 0.0)]
        assert news(database, clock(), clock()).attempts == []


def test_pace_and_webhooks_of_a_connection_are_told(
    hub: Hub, shop: Connected, clock: SettableClock
) -> None:
    now = clock()
    with hub.store.unit_of_work() as unit:
        put_state(unit, shop.id, State(breaker=Breaker().opened(now.timestamp()), reason="unknown"))
        want(unit, shop.id, WEBHOOK, ["order.created", "order.updated"])
        (first, _) = open_wishes(unit.connection, shop.id, WEBHOOK, 2)
        confirm(unit, shop.id, WEBHOOK, first, "h1")
        note_changes(unit, shop.id, ["7", "8"], told=False)
    with hub.store.unit_of_work() as unit:
        settle_unheard(unit, shop.id, now + timedelta(seconds=1))
    with hub.store.reading() as database:
        pace = pacing_of(database, shop.id, now)
        found = webhooks_detail(database, shop.id, ["order.created", "order.updated"], True, now)
        (signals,) = read_signals(database, {"scripted"}, now)
    assert (pace.share, pace.patient_until, pace.left_alone_since) == (1.0, None, now)
    assert [one.state for one in found.topics] == ["standing", "wanted"]
    assert found.loss == signals.loss == Loss(changes=2, unheard=2)
    assert signals.left_alone is not None and signals.left_alone.probe_at == pace.probe_at


def test_where_no_webhook_is_expected_none_is_lost(hub: Hub, shop: Connected) -> None:
    with hub.store.unit_of_work() as unit:
        note_changes(unit, shop.id, ["7"], told=False)
    with hub.store.reading() as database:
        assert losses(database, hub.store.clock()) == {}


def test_the_overview_tells_the_past_week(hub: Hub, shop: Connected, clock: SettableClock) -> None:
    pause(hub, "NYC", "x")
    look(hub)
    clock.advance(60)
    resume(hub, "NYC")
    look(hub)
    with hub.store.reading() as database:
        seen = overview(database, {"scripted"}, clock(), at_work=True)
    (one,) = seen.history.incidents
    assert one.lasted == timedelta(seconds=60) and seen.connections[0].health.word == "well"


def test_a_fact_and_its_job_tell_of_each_other(hub: Hub, shop: Connected) -> None:
    with hub.store.unit_of_work() as unit:
        fact = unit.record(EventKind.BOOKS_OPENED, shop.id, shop.id)
    with hub.store.reading() as database:
        (row,) = list_events(database, EventFilter(connection_id=shop.id), 10)
        assert list_events(database, EventFilter(after=row.id), 10) == []
        assert list_events(database, EventFilter(order_id="ghost"), 10) == []
        job = tables.job
        ids = [one.id for one in database.execute(job.select().where(job.c.event_id == fact.id))]
        story = job_story(database, ids[0])
    assert row.followed and story is not None
    assert story.fact is not None and story.fact.kind == "books_opened"


def test_a_sound_hub_has_no_symptom(hub: Hub, shop: Connected, clock: SettableClock) -> None:
    with hub.store.reading() as database:
        assert not symptoms.works(database, clock()) and symptoms.abandoned(database, clock()) == 0
        assert symptoms.held_for_nothing(database) == {}
        assert symptoms.newest_row(database) is None
        assert symptoms.unconfirmed_webhooks(database, clock()) == []
        assert symptoms.simulated(database)[0] == []
        assert list(symptoms.unreadable(database, hub.store.keyring)) == []
        (missing,) = symptoms.missing_schedules(database, {"scripted": ("pull_orders",)})
    assert (missing.name, missing.code) == ("pull_orders", "NYC")
