"""A hub moves from its file to PostgreSQL in the middle of its work, and works on there."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text

from hub import bootstrap
from hub.jobs.lockfile import EngineLock
from hub.services.vendors.connect import pause, resume, sync_now
from hub.store import moving, tables
from hub.store.engine import Engines, StorageError, open_engines
from hub.testing.carrier.witness import bought_twice
from tests.journeys.conftest import on_sqlite
from tests.journeys.story import Story

pytestmark = on_sqlite
LABELS = {"method": "POST", "path": "^/labels$"}


@contextmanager
def opened(url: str) -> Iterator[Engines]:
    engines = open_engines(url)
    try:
        yield engines
    finally:
        engines.dispose()


def move(story: Story, url: str) -> list[moving.Carried]:
    """Move the hub of a story, which has stopped, to another database."""
    story.world.crash()
    with opened(story.world.settings.url) as source, opened(url) as target:
        return moving.move(source, target)


def in_the_middle(story: Story) -> list[str]:
    """A hub with an order in each kind of trouble; gives their numbers."""
    story.open_for_business(orders=0, only_products="HB-250,MUG-SET")
    shipped, lost = story.buy("HB-250"), story.buy("MUG-SET")
    story.carrier.fault("timeout_after", seconds=0.0, **LABELS)
    story.sync()  # one of both labels was bought, nobody knows which answer was lost
    held = story.buy("HB-250")
    pause(story.world.hub, "CAR", "moving house")
    story.sync()
    unseen = story.buy("MUG-SET")
    sync_now(story.world.hub, "NYC")
    assert {row.state for row in story.world.rows(tables.effect)} >= {"unknown"}
    assert story.jobs("held") and story.jobs("ready")
    return [shipped, lost, held, unseen]


def test_a_backlog_moves_house_and_is_finished_there(story: Story, fresh_postgres: str) -> None:
    numbers = in_the_middle(story)
    before = {table: len(story.world.rows(table)) for table in tables.METADATA.sorted_tables}
    carried = move(story, fresh_postgres)
    assert {table.table: table.rows for table in carried} == {
        table.name: count for table, count in before.items()
    }

    story.world.database_url = fresh_postgres
    resume(story.world.hub, "CAR")
    story.pass_time(hours=1)
    assert sorted(story.labels()) == sorted(numbers)
    assert not bought_twice(story.carrier.log)
    assert story.hand_over() == 4
    story.pass_time(hours=1)
    assert {story.at_shop(number)["status"] for number in numbers} == {"completed"}
    story.end_well()


def test_the_old_place_is_closed_and_names_the_new_one(story: Story, fresh_postgres: str) -> None:
    story.open_shop(orders=2)
    story.connect_shop()
    story.world.run()
    home = story.world.settings
    with closing(sqlite3.connect(home.home / "hub.db")) as still_open:
        still_open.execute("SELECT 1")
        move(story, fresh_postgres)
        with pytest.raises(sqlite3.IntegrityError, match="this hub has moved"):
            still_open.execute("UPDATE sync_job SET priority = 1")
    with pytest.raises(StorageError, match=r"has moved to postgresql://.*set HUB_DATABASE_URL"):
        bootstrap.build(home)
    with pytest.raises(StorageError, match="has moved to"):
        move(story, fresh_postgres)


# --- what refuses, and what is killed -------------------------------------------------------------


@pytest.fixture
def small(story: Story) -> Story:
    """A hub with a shop of few orders."""
    story.open_shop(orders=3)
    story.connect_shop()
    story.world.run()
    return story


class Killed(BaseException):
    """The move dies here."""


def kill_at(table: str) -> Any:
    def tell(carried: moving.Carried) -> None:
        if carried.table == table:
            raise Killed

    return tell


@pytest.mark.parametrize("table", ["hub", "sync_job", "tracking_event"])
def test_a_killed_move_opens_neither_a_half_hub_nor_two(
    small: Story, fresh_postgres: str, table: str
) -> None:
    small.world.crash()
    home = small.world.settings
    there = home.model_copy(update={"database_url": fresh_postgres})
    with opened(home.url) as source, opened(fresh_postgres) as target:
        with pytest.raises(Killed):
            moving.move(source, target, kill_at(table))
        with pytest.raises(StorageError, match="on its way here"):
            bootstrap.build(there)
        with pytest.raises(StorageError, match="on its way here"):
            bootstrap.initialise(there)
        bootstrap.build(home).close()  # the old place is as good as ever
        moving.move(source, target)
    bootstrap.build(there).close()


def test_a_move_killed_between_closing_and_opening_is_finished_by_another(
    small: Story, fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.world.crash()
    home = small.world.settings
    there = home.model_copy(update={"database_url": fresh_postgres})
    with opened(home.url) as source, opened(fresh_postgres) as target:
        with monkeypatch.context() as patch:
            patch.setattr(moving, "delete", kill_at_once)
            with pytest.raises(Killed):
                moving.move(source, target)
        for place in (home, there):
            with pytest.raises(StorageError):
                bootstrap.build(place)
        moving.move(source, target)
    bootstrap.build(there).close()


def kill_at_once(*_given: Any) -> None:
    raise Killed


def test_a_place_that_is_taken_is_refused_and_left_as_it_is(
    small: Story, fresh_postgres: str
) -> None:
    there = small.world.settings.model_copy(update={"database_url": fresh_postgres})
    bootstrap.initialise(there)
    with pytest.raises(StorageError, match="is not empty"):
        move(small, fresh_postgres)
    bootstrap.build(there).close()


def test_rows_that_differ_after_copying_stop_the_move(small: Story, fresh_postgres: str) -> None:
    small.world.crash()
    home = small.world.settings
    with opened(home.url) as source, opened(fresh_postgres) as target:
        bootstrap.schema.upgrade(target)
        with target.write.begin() as new:  # a database that changes what it is given
            new.execute(text(
                "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN NEW.priority := 7; RETURN NEW; END $$"
            ))  # fmt: skip
            new.execute(text(
                "CREATE TRIGGER spoil BEFORE INSERT ON sync_job "
                "FOR EACH ROW EXECUTE FUNCTION spoil()"
            ))  # fmt: skip
        with pytest.raises(StorageError, match="sync_job differ after copying"):
            moving.move(source, target)
        with source.read.connect() as old:
            signs = old.execute(select(tables.hub.c.name)).scalars().all()
        assert moving.GONE not in signs
    bootstrap.build(home).close()


def test_a_hub_at_work_is_not_moved_under_its_hands(small: Story, fresh_postgres: str) -> None:
    from tests.cli.conftest import Cli

    small.world.crash()
    home = small.world.settings
    hub = Cli(home.home, env={"HUB_SECRET_KEY": home.secret_key})
    lock = EngineLock(home.home / "hub.db")
    lock.acquire()
    assert "another engine" in hub("db", "move", "--to", fresh_postgres, code=5).err
    lock.release()
    assert "moves to PostgreSQL" in hub("db", "move", "--to", "sqlite:///x.db", code=2).err
    moved = hub.json("db", "move", "--to", fresh_postgres)
    assert sum(table["rows"] for table in moved["tables"]) > 20
    assert "has moved to" in hub("orders", "list", code=1).err
    assert hub("orders", "list", HUB_DATABASE_URL=fresh_postgres).out
