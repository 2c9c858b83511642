"""The schema's version: brought up to date by command, refused when it is not this program's."""

from functools import cache
from pathlib import Path

from sqlalchemy import inspect, text

from hub.store.engine import Engines, StorageError

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engines: Engines) -> str:
    """Bring the database to this program's schema; gives the revision it has now."""
    head = newest()
    if current(engines) == head:
        return head
    _refuse_unknown(engines)
    from alembic import command  # no start needs it but the first of a version
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engines.write.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return head


def current(engines: Engines) -> str | None:
    """Give the revision the database has, None when it is empty."""
    with engines.read.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def newest() -> str:
    """Give the revision this program is written for."""
    return max(_revisions())


@cache
def _revisions() -> frozenset[str]:
    """Name every revision of this program; each stands in a file named after it."""
    files = (MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return frozenset(file.name.partition("_")[0] for file in files)


def check(engines: Engines) -> None:
    """Raise `StorageError` unless the database has exactly this program's schema."""
    revision = current(engines)
    if revision == newest():
        return
    if revision is None:
        raise StorageError("the database is empty; run `hub init`")
    _refuse_unknown(engines)
    raise StorageError(
        f"the database has schema {revision}, this program needs {newest()}; "
        "back it up, then run `hub db upgrade`"
    )


def _refuse_unknown(engines: Engines) -> None:
    revision = current(engines)
    if revision is not None and revision not in _revisions():
        raise StorageError(
            f"the database has schema {revision}, which is newer than this program; "
            "install the version that wrote it, or restore a backup. Nothing was changed"
        )
