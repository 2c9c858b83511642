"""`hub schedule`: what runs by itself, how often, and who said so."""

from typing import Annotated

import typer

from hub.bootstrap import System
from hub.cli.exits import NotFoundError, UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import Json
from hub.cli.printing import Cells, print_json, print_rows, say
from hub.reports.schedules import list_schedules
from hub.store.rhythm import Rhythm, RhythmError
from hub.store.schedules import enable_schedule, run_now, set_rhythm

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What runs by itself.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As hub schedule list shows it.")]
Of = Annotated[str, typer.Option("--connection", help="A connection's code; empty: the hub's own.")]

CELLS: Cells = {
    "name": lambda row: row.name, "connection": lambda row: row.connection,
    "runs": lambda row: row.rhythm, "enabled": lambda row: row.enabled,
    "next": lambda row: row.next_at if row.enabled else None, "last": lambda row: row.last_at,
    "set by": lambda row: row.set_by,
}  # fmt: skip


@app.command("list")
def list_all(connection: Of = "", as_json: Json = False) -> None:
    """List what runs by itself, the next first; hours are in UTC."""
    with opened() as system:
        shop = _shop(system, connection)
        with system.hub.store.reading() as database:
            rows = list_schedules(database, shop)
    print_rows(rows, CELLS, as_json, "Nothing is scheduled yet.")


@app.command("set")
def set_when(
    name: Name,
    connection: Of = "",
    every: Annotated[int, typer.Option(min=0, help="Seconds from one run to the next.")] = 0,
    cron: Annotated[str, typer.Option(help="Five fields, such as '30 3 * * 1-5'.")] = "",
    zone: Annotated[str, typer.Option(help="Of the cron line, such as Europe/Berlin.")] = "",
    as_json: Json = False,
) -> None:
    """Choose when it runs; the hub keeps your choice when it starts again."""
    if bool(every) == bool(cron):
        raise UsageError("say --every SECONDS or --cron 'LINE'")
    try:
        rhythm = Rhythm(every, cron, zone)
    except RhythmError as error:
        raise UsageError(str(error)) from None
    with opened() as system:
        shop = _shop(system, connection)
        with system.hub.store.unit_of_work() as unit:
            _known(
                set_rhythm(unit, name, rhythm, operator(), shop),
                name,
                connection,
            )
    _told(as_json, name, connection, f"{name} runs {rhythm}.", rhythm=str(rhythm))


@app.command()
def pause(name: Name, connection: Of = "", as_json: Json = False) -> None:
    """Let it run no more, until it is resumed."""
    _enable(name, connection, False)
    _told(as_json, name, connection, f"{name} is paused.", enabled=False)


@app.command()
def resume(name: Name, connection: Of = "", as_json: Json = False) -> None:
    """Let it run again; whatever it missed runs once."""
    _enable(name, connection, True)
    _told(as_json, name, connection, f"{name} runs again.", enabled=True)


@app.command()
def run(name: Name, connection: Of = "", as_json: Json = False) -> None:
    """Owe its job now, beside its usual times."""
    with opened() as system:
        shop = _shop(system, connection)
        with system.hub.store.unit_of_work() as unit:
            job_id = run_now(unit, name, system.kinds, shop)
    _known(job_id is not None, name, connection)
    _told(as_json, name, connection, f"{name} is owed now: hub jobs show {job_id}", job=job_id)


def _shop(system: System, code: str) -> str:
    return system.hub.connection(code).id if code else ""


def _enable(name: str, connection: str, enabled: bool) -> None:
    with opened() as system:
        shop = _shop(system, connection)
        with system.hub.store.unit_of_work() as unit:
            _known(enable_schedule(unit, name, shop, enabled), name, connection)


def _known(found: bool, name: str, connection: str) -> None:
    if not found:
        of = f" of {connection}" if connection else " of the hub itself (or give --connection)"
        raise NotFoundError(f"there is no schedule {name}{of}; hub schedule list shows them")


def _told(as_json: bool, name: str, connection: str, sentence: str, **facts: object) -> None:
    if as_json:
        return print_json({"schedule": name, "connection": connection, **facts})
    return say(sentence)
