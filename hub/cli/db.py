"""`hub db`: the database itself, without opening what it holds."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.bootstrap import open_database
from hub.cli.exits import ConflictError, Exit, UsageError
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.printing import print_json, say
from hub.jobs.lockfile import EngineLock
from hub.settings import Settings
from hub.store import moving, schema
from hub.store.engine import Engines, StorageError, open_engines

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The database.")


def _engines(settings: Settings) -> AbstractContextManager[Engines]:
    return _disposing(open_database(settings))


@contextmanager
def _disposing(engines: Engines) -> Iterator[Engines]:
    try:
        yield engines
    finally:
        engines.dispose()


def _file(settings: Settings, wanted_for: str) -> Path:
    """Give the SQLite file; raises `UsageError` for another database, `StorageError` for none."""
    path = settings.home / "hub.db"
    if settings.database_url:
        raise UsageError(f"{wanted_for} of PostgreSQL is done with its own tools (pg_dump)")
    if not path.exists():
        raise StorageError(f"there is no hub in {settings.home}; run `hub init` first")
    return path


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Bring the schema to this version of the hub; no engine may work meanwhile."""
    settings = installed()
    with _engines(settings) as engines, _alone(engines):
        before, after = schema.current(engines), schema.upgrade(engines)
    if as_json:
        return print_json({"before": before, "after": after})
    return say(f"The schema is {after}." if before == after else f"From {before} to {after}.")


@contextmanager
def _alone(engines: Engines) -> Iterator[None]:
    database = engines.write.url.database
    if engines.dialect != "sqlite" or not database:
        yield
        return
    lock = EngineLock(Path(database))
    try:
        lock.acquire()
    except StorageError as error:
        raise ConflictError(str(error)) from None
    try:
        yield
    finally:
        lock.release()


@app.command()
def current(as_json: Json = False) -> None:
    """Print the schema the database has, and the one this program needs."""
    with _engines(installed()) as engines:
        found, needed = schema.current(engines), schema.newest()
    if as_json:
        print_json({"schema": found, "needed": needed, "up_to_date": found == needed})
    else:
        print(found)
        say("It is up to date." if found == needed else f"This program needs {needed}.")


@app.command()
def move(
    to: Annotated[str, typer.Option(help="The new database: postgresql://user@host/name.")],
    as_json: Json = False,
) -> None:
    """Carry the whole hub from its SQLite file to an empty PostgreSQL database, work and all.

    May be interrupted and run again. The key stays where it is; the old file is closed for good.
    """
    settings = installed()
    _file(settings, "a move away")
    if not to.startswith("postgresql"):
        raise UsageError("a hub moves to PostgreSQL: --to postgresql://user@host/name")
    with _engines(settings) as source, _alone(source), _disposing(open_engines(to)) as target:
        carried = moving.move(source, target, _tell)
    if as_json:
        return print_json({"tables": carried})
    rows = sum(table.rows for table in carried)
    return say(f"{rows} rows have moved and were verified. Set HUB_DATABASE_URL to the new place.")


def _tell(table: moving.Carried) -> None:
    if table.rows:
        say(f"{table.table}: {table.rows} rows")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; must not exist yet.")],
    as_json: Json = False,
) -> None:
    """Copy the database while it is in use; the key is not in the copy and is kept apart."""
    source = _file(installed(), "the backup")
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise ConflictError(f"{file} is there already; name another file") from None
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as here,
        closing(sqlite3.connect(file)) as there,
    ):
        here.backup(there)
    problems = _integrity(file)
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size, "problems": problems})
    else:
        say(f"{file}: {file.stat().st_size} bytes. Keep the hub's key too, and not beside it.")
    if problems:
        raise typer.Exit(Exit.FAILURE)


@app.command()
def check(as_json: Json = False) -> None:
    """Read every page of the database and follow every reference."""
    problems = _integrity(_file(installed(), "the check"))
    if as_json:
        print_json({"sound": not problems, "problems": problems})
    for problem in problems:
        say(problem)
    if problems:
        raise typer.Exit(Exit.FAILURE)
    if not as_json:
        say("The database is sound.")


def _integrity(path: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        try:
            pages = [row[0] for row in database.execute("PRAGMA integrity_check(20)")]
            references = database.execute("PRAGMA foreign_key_check").fetchmany(20)
        except sqlite3.DatabaseError as error:
            return [str(error)]
    broken = [f"a row of {table} names a missing {parent}" for table, _, parent, _ in references]
    return [text for text in pages if text != "ok"] + broken
