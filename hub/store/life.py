"""Is this the database that was last at work here, or an older copy of it put in its place?

Every engine, and every look after health, writes a new mark into the database and into a small
file beside it. A backup carries an older mark than the file. Clocks have no say in it; a copy of
the whole folder, file included, and PostgreSQL's own backups are not noticed.
"""

from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, delete, select

from hub.store import tables
from hub.store.unit_of_work import Store, Unit

LIFE, RESTORED = "life", "restored_at"
"""Names in the table `hub`: the newest mark; since when this is known to be an older copy."""
WHY = "the database is an older copy, and vendors may know of more; see `hub doctor --reconcile`"


def restored_at(database: Connection) -> datetime | None:
    """Give since when nothing may be bought or written to stock, for want of reconciliation."""
    text = _fact(database, RESTORED)
    return None if text is None else datetime.fromisoformat(text)


def notice_restored(store: Store) -> bool:
    """Compare the marks, before anything is done; gives whether the database is an older copy."""
    file = _file(store)
    if file is None:
        return False
    with store.reading() as database:
        mark, known = _fact(database, LIFE), restored_at(database) is not None
    older = mark is not None and mark not in _marks(file)
    if older and not known:
        with store.unit_of_work() as unit:
            _put(unit, RESTORED, unit.now.isoformat())
    give_sign(store)
    return older or known


def give_sign(store: Store) -> None:
    """Write a new mark; after a crash in between, the file still knows the database's own."""
    file = _file(store)
    if file is None:
        return
    new = uuid4().hex
    with store.reading() as database:
        old = _fact(database, LIFE) or ""
    _write(file, f"{old}\n{new}\n")
    with store.unit_of_work() as unit:
        _put(unit, LIFE, new)
    _write(file, f"{new}\n")


def forget_restored(unit: Unit) -> None:
    """Let the hub buy and write again."""
    unit.execute(delete(tables.hub).where(tables.hub.c.name == RESTORED))


def _file(store: Store) -> Path | None:
    database = store.engines.write.url.database
    if store.engines.dialect != "sqlite" or not database or database == ":memory:":
        return None
    return Path(f"{database}.life")


def _marks(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def _write(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(file)


def _fact(database: Connection, name: str) -> str | None:
    found: str | None = database.execute(
        select(tables.hub.c.value).where(tables.hub.c.name == name)
    ).scalar()
    return found


def _put(unit: Unit, name: str, value: str) -> None:
    unit.execute(delete(tables.hub).where(tables.hub.c.name == name))
    unit.execute(tables.hub.insert().values(name=name, value=value))
