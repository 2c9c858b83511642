"""The schema's version: brought up to date by command, refused when it is not this program's."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.store.engine import Engines, StorageError

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engines: Engines) -> str:
    """Bring the database to this program's schema; gives the revision it has now."""
    head = newest()
    if current(engines) == head:
        return head
    _refuse_unknown(engines)
    with engines.write.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return head


def current(engines: Engines) -> str | None:
    """Give the revision the database has, None when it is empty."""
    with engines.read.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Give the revision this program is written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the program has no migrations"
    return head


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
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StorageError(
            f"the database has schema {revision}, which is newer than this program; "
            "install the version that wrote it, or restore a backup. Nothing was changed"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
