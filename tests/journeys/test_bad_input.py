"""What the hub is given is wrong; somebody can see it, and nothing else is lost."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from hub import bootstrap
from hub.jobs.engine import Engine
from hub.sdk import AuthError, ConfigError
from hub.services.vendors.connect import connect
from hub.store import tables
from hub.store.connections import DuplicateConnectionError
from hub.store.engine import StorageError
from hub.store.sealing import SealError
from tests.journeys.conftest import on_sqlite
from tests.journeys.story import SHOP_KEYS, TOKEN, Story

TINY = {"orders": 0, "only_products": "HB-250,MUG-SET"}


def test_one_bad_order_of_a_hundred_keeps_nobody_waiting(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    numbers = [story.buy("HB-250", status="pending", paid=False) for _ in range(100)]
    bad = numbers[50]
    shop.action("corrupt_order", order_id=story.at_shop(bad)["id"], what="quantity")
    story.sync()

    landed = story.world.rows(tables.sales_order)
    assert len(landed) == 99
    (aside,) = story.world.rows(tables.quarantine)
    assert (aside.state, aside.external_id) == ("open", bad.removeprefix("NYC-"))
    assert "quantity" in aside.reason, "the reason names the field"
    (job,) = [job for job in story.jobs("succeeded") if job.outcome == "partial"]
    assert job.counters["quarantined"] >= 1
    story.end_well()

    order = story.at_shop(bad)
    lines = [dict(line, quantity=1) for line in order["line_items"]]
    shop.merge("order", order["id"], line_items=lines, date_modified_gmt="2026-11-23T09:30:00")
    story.pass_time(hours=6)
    assert len(story.world.rows(tables.sales_order)) == 100
    (aside,) = story.world.rows(tables.quarantine)
    assert aside.state == "auto_resolved"
    story.end_well()


def test_orders_nobody_understands_are_kept_aside_and_the_good_one_ships(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    bad = {}
    for what in ("currency", "nan", "quantity", "fraction", "date", "lines"):
        bad[what] = story.at_shop(story.buy("HB-250"))["id"]
        shop.action("corrupt_order", order_id=bad[what], what=what)
    good = story.buy("HB-250")
    story.sync()
    assert story.labels() == [good]
    aside = story.world.rows(tables.quarantine, state="open")
    assert {row.external_id for row in aside} == {str(id) for id in bad.values()}
    assert all(row.reason for row in aside)


def test_an_unknown_status_lands_and_waits_for_a_person(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    number = story.buy("HB-250")
    shop.action("corrupt_order", order_id=story.at_shop(number)["id"], what="status")
    story.sync()
    assert "awaiting-moonrise" in story.holds(number)["status"]
    assert story.labels() == []
    story.end_well()


def test_a_name_that_cannot_be_stored_is_cleaned_and_ships(story: Story) -> None:
    shop = story.open_for_business(**TINY)
    number = story.buy("HB-250")
    shop.action("corrupt_order", order_id=story.at_shop(number)["id"], what="nul")
    story.sync()
    assert story.labels() == [number]
    assert story.order(number).document["extra"], "it says that it was cleaned"
    story.end_well()


# --- what the merchant or the operator gives wrongly ----------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"url": "ftp://shop.example"}, "url"),
        ({"url": ""}, "url"),
        ({"consumer_key": "pk_wrong"}, "consumer_key"),
        ({"colour": "blue"}, "colour"),
        ({"weight_unit": "stone"}, "weight_unit"),
    ],
)
def test_a_broken_configuration_is_named_and_nothing_is_stored(
    story: Story, wrong: dict[str, str], complaint: str
) -> None:
    story.open_shop(**TINY)
    with pytest.raises(ConfigError, match=complaint):
        story.connect_shop(**wrong)
    assert nothing_is_stored(story)


def test_a_key_the_shop_refuses_is_not_stored(story: Story) -> None:
    story.open_shop(**TINY)
    with pytest.raises(AuthError):
        story.connect_shop(consumer_secret="cs_not_this_one")
    assert nothing_is_stored(story)


def test_one_account_is_connected_once(story: Story) -> None:
    story.open_shop(**TINY)
    story.connect_shop()
    story.shops["AGAIN"] = story.shops["NYC"]
    with pytest.raises(DuplicateConnectionError):
        story.connect_shop("AGAIN")
    assert len(story.world.rows(tables.connection)) == 1


def nothing_is_stored(story: Story) -> bool:
    return not (story.world.rows(tables.connection) or story.world.rows(tables.job))


def test_a_plugin_that_fails_on_import_is_listed_and_the_others_work(
    story: Story, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hub_broken_plugin.py").write_text("import a_library_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    story.world.plugin_modules = "hub_broken_plugin,hub.testing.carrier"
    story.open_for_business(**TINY)
    broken = [plugin for plugin in story.world.hub.registry.plugins if plugin.error]
    assert [plugin.name for plugin in broken] == ["hub_broken_plugin"]
    assert "a_library_nobody_has" in broken[0].error and "Traceback" in broken[0].trace
    number = story.buy("HB-250")
    story.sync()
    assert story.labels() == [number]
    story.end_well()
    sys.modules.pop("hub_broken_plugin", None)


@on_sqlite
def test_a_second_engine_on_one_file_is_refused(story: Story) -> None:
    system = story.world.system
    first = Engine(system.hub.store, system.kinds)
    first.start()
    try:
        other = bootstrap.build(story.world.settings, clock=story.world.clock)
        with pytest.raises(StorageError, match="engine"):
            Engine(other.hub.store, other.kinds).start()
        other.close()
    finally:
        first.stop()


@on_sqlite
def test_a_database_from_a_newer_version_is_refused_and_left_alone(story: Story) -> None:
    story.world.start()
    story.world.crash()
    file = story.world.home / "hub.db"
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as database:
        database.execute(text("UPDATE alembic_version SET version_num = '9999_from_tomorrow'"))
    engine.dispose()
    before = file.read_bytes()
    for refuse in (bootstrap.build, bootstrap.initialise):
        with pytest.raises(StorageError, match="newer than this program"):
            refuse(story.world.settings)
    assert file.read_bytes() == before


def test_a_wrong_hub_key_is_refused(story: Story) -> None:
    story.world.start()
    story.world.crash()
    wrong = story.world.settings.model_copy(update={"secret_key": bytes(range(1, 33)).hex()})
    with pytest.raises(SealError, match="key"):
        bootstrap.build(wrong)


@pytest.mark.parametrize("key", ["", "abc", "00" * 32, "zz" * 32])
def test_a_hub_key_that_is_none_is_refused(story: Story, key: str) -> None:
    story.world.start()
    story.world.crash()
    wrong = story.world.settings.model_copy(update={"secret_key": key})
    with pytest.raises(ConfigError, match="key"):
        bootstrap.build(wrong)


def test_a_connection_to_a_connector_nobody_brings_is_refused(story: Story) -> None:
    with pytest.raises(ConfigError, match="magento"):
        connect(story.world.hub, "magento", "MAG", "", {"token": TOKEN, "key": SHOP_KEYS["key"]})
    assert nothing_is_stored(story)
