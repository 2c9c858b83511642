"""Engines that go from one SQLite file to the next: each statement is compiled once a process."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url

from hub.store.engine import Engines, open_engines

_idle: list[Engines] = []


def borrow(file: Path) -> Engines:
    """Give engines on this file, those of an earlier one where some are idle."""
    engines = _idle.pop() if _idle else _portable()
    for engine in _each(engines):
        engine.url = make_url(f"sqlite:///{file}")
    return engines


def give_back(engines: Engines) -> None:
    """Let go of the file; the engines wait for the next one."""
    engines.dispose()
    _idle.append(engines)


def _portable() -> Engines:
    engines = open_engines("sqlite:///no-file-yet.db")
    for engine in _each(engines):
        _follow_its_url(engine)
    return engines


def _follow_its_url(engine: Engine) -> None:
    def connect(dialect: Any, _record: Any, _where: Any, options: dict[str, Any]) -> Any:
        return dialect.connect(engine.url.database, **options)

    event.listen(engine, "do_connect", connect)


def _each(engines: Engines) -> list[Engine]:
    mine = [engines.write, engines.read]
    return mine + _each(engines.aside) if engines.aside else mine
