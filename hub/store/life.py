"""Is this the database that was last at work here, or an older copy of it put in its place?

Every engine, and every look after health, leaves a sign in the database and in a small file
outside it. Clocks have no say in it. On SQLite it is a mark: a backup carries an older one than the
file beside it; a copy of the whole folder, file included, is not noticed. A database server is used
by several hosts, which cannot know each other's marks: there signs are counted, and each host keeps
in its folder how many it has seen. A folder that does not outlive its host notices nothing.
"""

import logging
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hub.store import tables
from hub.store.installation import installation_mark
from hub.store.unit_of_work import Store, Unit

_log = logging.getLogger("hub.life")
LIFE, COUNT, RESTORED = "life", "life_count", "restored_at"
"""Names in the table `hub`: the newest mark; how many signs; since when it is an older copy."""
WHY = "the database is an older copy, and vendors may know of more; see `hub doctor --reconcile`"


def restored_at(database: Connection) -> datetime | None:
    """Give since when nothing may be bought or written to stock, for want of reconciliation."""
    text = _fact(database, RESTORED)
    return None if text is None else datetime.fromisoformat(text)


def notice_restored(store: Store) -> bool:
    """Compare the signs, before anything is done; gives whether the database is an older copy."""
    if store.engines.dialect != "sqlite":
        return _count_sign(store)
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
    if store.engines.dialect != "sqlite":
        _count_sign(store)
        return
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


def _count_sign(store: Store) -> bool:
    """Count one sign more than database and host know; gives whether the database knew fewer."""
    if store.home is None:
        return False
    file = store.home / f"{installation_mark(store.engines)}.life"
    seen = int(file.read_text()) if file.exists() else 0
    with store.unit_of_work() as unit:
        counted = _counted(unit)
        older, known = counted < seen, restored_at(unit.connection) is not None
        count = max(counted, seen) + 1
        unit.execute(update(tables.hub).where(tables.hub.c.name == COUNT).values(value=str(count)))
        if older and not known:
            _put(unit, RESTORED, unit.now.isoformat())
    try:
        store.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(file, f"{count}\n")  # last: no host may know of more than was committed
    except OSError as error:
        _log.warning("an older copy would not be noticed by this host: %s", error)
    return older or known


def _counted(unit: Unit) -> int:
    """Give how many signs the database knows; nobody else counts before this unit ends."""
    hub = tables.hub
    unit.execute(insert(hub).values(name=COUNT, value="0").on_conflict_do_nothing())
    query = select(hub.c.value).where(hub.c.name == COUNT).with_for_update()
    return int(unit.execute(query).scalar_one())


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
