"""The resources that tests borrow are what they claim to be."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_a_fresh_postgres_database_is_empty_and_writable(fresh_postgres: str) -> None:
    with psycopg.connect(fresh_postgres) as database:
        assert database.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
        database.execute("CREATE TABLE proof (id integer PRIMARY KEY)")


def test_the_session_database_is_not_the_fresh_one(postgres: str, fresh_postgres: str) -> None:
    assert postgres != fresh_postgres
    with psycopg.connect(postgres) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_missing_vendor_data_skips_with_its_reason_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = tmp_path / "test_probe.py"
    probe.write_text("def test_probe(vendor_data):\n    raise AssertionError('not skipped')\n")
    monkeypatch.setenv("HUB_VENDOR_DATA", str(tmp_path / "nowhere"))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.conftest",
    ]
    run = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "-c", "/dev/null", str(probe)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "vendor data: 1 tests skipped" in run.stdout
