"""Setting an installation up: its key, its database, and what refuses to start without them."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from hub import bootstrap
from hub.sdk.errors import ConfigError
from hub.settings import Settings
from hub.store import tables
from hub.store.damage import DamagedError
from hub.store.engine import StorageError
from hub.store.sealing import SealError

KEY, OTHER = bytes(range(32)).hex(), bytes(range(1, 33)).hex()


def settings(home: Path, **given: object) -> Settings:
    return Settings(home=home, **given)  # type: ignore[arg-type]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def started(given: Settings) -> bool:
    """Start and stop a hub; whatever refuses it is raised."""
    bootstrap.build(given).close()
    return True


def test_a_new_installation_gets_a_key_that_only_its_owner_may_read(tmp_path: Path) -> None:
    home = settings(tmp_path / "home")
    assert bootstrap.initialise(home)
    assert mode(home.key_file) == 0o600
    assert mode(home.home) & 0o077 == 0
    assert len(home.key_file.read_text().strip()) == 64
    assert started(home)


def test_setting_up_again_changes_nothing(tmp_path: Path) -> None:
    home = settings(tmp_path)
    bootstrap.initialise(home)
    key = home.key_file.read_bytes()
    engines = bootstrap.open_database(home)
    with engines.read.connect() as connection:
        before = connection.execute(select(tables.hub)).all()
    assert not bootstrap.initialise(home)
    with engines.read.connect() as connection:
        assert connection.execute(select(tables.hub)).all() == before
        assert len(connection.execute(select(tables.location)).all()) == 1
    engines.dispose()
    assert home.key_file.read_bytes() == key


def test_without_a_set_up_there_is_no_hub(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="run `hub init` first"):
        started(settings(tmp_path, secret_key=KEY))
    assert list(tmp_path.iterdir()) == []


def test_without_its_key_a_hub_does_not_start(tmp_path: Path) -> None:
    home = settings(tmp_path)
    bootstrap.initialise(home)
    home.key_file.unlink()
    with pytest.raises(ConfigError, match="bring .*key back"):
        started(home)


def test_with_another_key_a_hub_does_not_start(tmp_path: Path) -> None:
    bootstrap.initialise(settings(tmp_path, secret_key=KEY))
    assert started(settings(tmp_path, secret_key=KEY))
    with pytest.raises(SealError):
        started(settings(tmp_path, secret_key=OTHER))


def test_a_key_added_behind_the_old_one_opens_the_hub_and_alone_does_not(tmp_path: Path) -> None:
    bootstrap.initialise(settings(tmp_path, secret_key=KEY))
    assert started(settings(tmp_path, secret_key=f"{KEY},{OTHER}"))
    with pytest.raises(SealError):
        started(settings(tmp_path, secret_key=f"{OTHER},{KEY}"))


def test_setting_up_over_a_sealed_database_without_its_key_makes_no_new_one(
    tmp_path: Path,
) -> None:
    home = settings(tmp_path)
    bootstrap.initialise(home)
    lost = home.key_file.read_bytes()
    home.key_file.unlink()
    with pytest.raises(StorageError, match="sealed with a key that is not here"):
        bootstrap.initialise(home)
    assert not home.key_file.exists()
    home.key_file.touch(0o600)
    home.key_file.write_bytes(lost)
    assert started(home)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    home = settings(tmp_path)
    bootstrap.initialise(home)
    home.key_file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        started(home)


@pytest.mark.parametrize(
    "key", ["hunter2", "00" * 32, "ab" * 31, KEY + "00", "zz" * 32, f"{KEY},", f"{KEY},hunter2"]
)
def test_a_key_that_is_no_key_is_refused_without_being_repeated(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="64 random hex digits") as refused:
        bootstrap.load_keyring(settings(tmp_path, secret_key=key))
    assert key not in str(refused.value)


def test_a_database_of_a_newer_version_does_not_start_and_is_not_changed(tmp_path: Path) -> None:
    home = settings(tmp_path, secret_key=KEY)
    bootstrap.initialise(home)
    engines = bootstrap.open_database(home)
    with engines.write.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engines.dispose()
    for attempt in (bootstrap.initialise, started):
        with pytest.raises(StorageError, match="newer than this program"):
            attempt(home)


def test_printed_settings_show_neither_the_key_nor_the_database_s_password(tmp_path: Path) -> None:
    url = "postgresql://hub:hunter2@db/hub"
    printed = repr(settings(tmp_path, secret_key=KEY, database_url=url))
    assert KEY not in printed and "hunter2" not in printed


def test_a_hub_is_set_up_and_started_on_postgresql_too(tmp_path: Path, fresh_postgres: str) -> None:
    given = settings(tmp_path, database_url=fresh_postgres, secret_key=KEY)
    assert bootstrap.initialise(given)
    assert not bootstrap.initialise(given)
    assert started(given)
    with pytest.raises(SealError):
        started(given.model_copy(update={"secret_key": OTHER}))


# --- a database that was lost or damaged --------------------------------------------------------


def installed(tmp_path: Path) -> tuple[Settings, Path]:
    home = settings(tmp_path)
    bootstrap.initialise(home)
    return home, tmp_path / "hub.db"


@pytest.mark.parametrize("empty", [False, True])
def test_a_key_without_its_database_is_not_taken_for_a_new_hub(tmp_path: Path, empty: bool) -> None:
    home, file = installed(tmp_path)
    file.unlink()
    if empty:
        file.touch()
    with pytest.raises(DamagedError, match="put a backup in its place"):
        started(home)
    with pytest.raises(DamagedError, match="take .*key away first"):
        bootstrap.initialise(home)
    home.key_file.unlink()
    assert bootstrap.initialise(home), "whoever insists begins anew"


def test_a_set_up_that_broke_off_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = settings(tmp_path)
    with monkeypatch.context() as power_cut:
        power_cut.setattr(bootstrap, "_ensure_key", lambda settings: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bootstrap.initialise(home)
    assert bootstrap.initialise(home)
    assert started(home)


def test_a_database_cut_short_is_refused(tmp_path: Path) -> None:
    home, file = installed(tmp_path)
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size - 4096)
    with pytest.raises(DamagedError, match="cut short, 4,096 bytes are missing"):
        started(home)


@pytest.mark.parametrize(("at", "many"), [(0, 100), (100, 4000)])
def test_a_database_overwritten_with_garbage_is_refused(tmp_path: Path, at: int, many: int) -> None:
    home, file = installed(tmp_path)
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\xab" * many)
    with pytest.raises(DamagedError, match="put a backup in its place"):
        started(home)
