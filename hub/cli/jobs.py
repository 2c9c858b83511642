"""`hub jobs`: work owed and done."""

from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from hub.bootstrap import System
from hub.cli.exits import Exit, NotFoundError, UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Limit, Yes
from hub.cli.printing import Cells, print_facts, print_json, print_rows, print_table, say, sure
from hub.cli.since import Since, instant
from hub.reports.jobs import JobDetail, JobFilter, job_detail, list_jobs
from hub.store.jobs import (
    DeadFilter,
    JobRefusedError,
    JobState,
    cancel,
    dismiss,
    find_dead,
    replay_all,
)
from hub.store.unit_of_work import Unit

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Work owed and done.")

CELLS: Cells = {
    "id": lambda row: row.id, "kind": lambda row: row.kind,
    "connection": lambda row: row.connection, "state": lambda row: row.outcome or row.state,
    "attempt": lambda row: row.attempt, "due": lambda row: row.run_at,
    "counters": lambda row: [f"{count} {name}" for name, count in row.counters.items() if count],
    "error": lambda row: row.error_text,
}  # fmt: skip


@app.command("list")
def list_some(
    state: Annotated[JobState | None, typer.Option(help="Only these.")] = None,
    kind: Annotated[str, typer.Option(help="Such as pull_orders.")] = "",
    connection: Annotated[str, typer.Option(help="A connection's code.")] = "",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    with opened() as system:
        shop = system.hub.connection(connection).id if connection else ""
        with system.hub.store.reading() as database:
            rows = list_jobs(database, JobFilter(state or "", kind, shop), limit)
    print_rows(rows, CELLS, as_json, "There are no such jobs.")


@app.command()
def show(job_id: str, as_json: Json = False) -> None:
    """Show one job's story: its cause, attempts, errors, who intervened, the calls it made."""
    with opened() as system, system.hub.store.reading() as database:
        found = job_detail(database, job_id)
    if found is None:
        raise NotFoundError(f"there is no job {job_id}; hub jobs list shows them")
    if as_json:
        return print_json(found)
    print_facts({heading: cell(found.job) for heading, cell in CELLS.items()})
    print_facts({
        "subject": found.job.subject, "because of": found.cause,
        "tries at most": found.max_attempts, "crashes": found.crash_count,
        "held because": found.hold_reason, "waits for": found.wake_on,
        "asked to stop": found.cancel_requested, "done by": found.superseded_by,
    })  # fmt: skip
    return _print_story(found)


def _print_story(found: JobDetail) -> None:
    attempts: Cells = {
        "attempt": lambda row: row.started_at, "ended": lambda row: row.ended_at,
        "as": lambda row: row.transition, "class": lambda row: row.error_class,
        "error": lambda row: row.error_text,
    }  # fmt: skip
    print_rows(found.attempts, attempts, False, "It has not been tried yet.")
    acts: Cells = {
        "intervened": lambda row: row.at, "as": lambda row: row.transition,
        "by": lambda row: row.by, "reason": lambda row: row.reason,
    }  # fmt: skip
    calls: Cells = {
        "call": lambda row: row.at, "method": lambda row: row.method, "path": lambda row: row.path,
        "status": lambda row: row.status, "outcome": lambda row: row.outcome,
        "ms": lambda row: row.elapsed_ms,
    }  # fmt: skip
    for rows, cells in ((found.acts, acts), (found.exchanges, calls)):
        if rows:
            print_table(rows, cells)


Ids = Annotated[list[str], typer.Argument(metavar="ID…")]
Why = Annotated[str, typer.Option(help="Kept with the job, for whoever asks later.")]


@app.command("cancel")
def cancel_some(job_ids: Ids, reason: Why = "", as_json: Json = False) -> None:
    """Cancel jobs that are not wanted; one that runs stops where nothing is half done."""
    done: dict[str, str] = {}

    def one(unit: Unit, job_id: str, by: str) -> None:
        stopping = cancel(unit, job_id, by, reason) is JobState.RUNNING
        done[job_id] = "stopping" if stopping else "cancelled"

    _each(job_ids, one, done, as_json)


@app.command("dismiss")
def dismiss_some(
    job_ids: Ids,
    reason: Annotated[str, typer.Option(help="Why it needs nothing more.")] = "",
    as_json: Json = False,
) -> None:
    """Say that dead jobs need nothing more, and why."""
    if not reason.strip():
        raise UsageError("say why with --reason: somebody will want to know")
    done: dict[str, str] = {}

    def one(unit: Unit, job_id: str, by: str) -> None:
        dismiss(unit, job_id, by, reason)
        done[job_id] = "dismissed"

    _each(job_ids, one, done, as_json)


def _each(
    job_ids: list[str], act: Callable[[Unit, str, str], None], done: dict[str, str], as_json: bool
) -> None:
    """Do it to each job in a unit of its own; say what was done and what was refused."""
    refused: dict[str, str] = {}
    with opened() as system:
        _refuse_unknown(system, job_ids)
        for job_id in job_ids:
            try:
                with system.hub.store.unit_of_work() as unit:
                    act(unit, job_id, operator())
            except JobRefusedError as error:
                refused[job_id] = str(error)
    if as_json:
        print_json({"done": done, "refused": refused})
    for job_id, told in (done | refused).items():
        say(f"{job_id}: {told}")
    _end(refused, done)


@app.command()
def replay(
    job_ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="Every dead job.")] = False,
    kind: Annotated[str, typer.Option(help="Only of this kind.")] = "",
    connection: Annotated[str, typer.Option(help="Only of this connection.")] = "",
    error: Annotated[str, typer.Option(help="Only with this class, such as rejected.")] = "",
    since: Since = "",
    reason: Why = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send dead jobs round again, with fresh attempts and the same keys, one after the other."""
    if bool(job_ids) == all_dead:
        raise UsageError("name the jobs, or say --all-dead")
    if job_ids and (kind or connection or error or since):
        raise UsageError("--kind, --connection, --error and --since narrow --all-dead")
    with opened() as system:
        chosen = job_ids or _dead(system, kind, connection, error, since)
        _refuse_unknown(system, job_ids or ())
        if not dry_run and all_dead and chosen:
            sure(f"{len(chosen)} dead jobs run again.", yes)
        refused = {} if dry_run else replay_all(system.hub.store, chosen, operator(), reason)
    replayed = [] if dry_run else [one for one in chosen if one not in refused]
    if as_json:
        print_json({"replayed": replayed, "refused": refused, "dry_run": dry_run,
                    "would_replay": chosen if dry_run else []})  # fmt: skip
    for job_id, told in refused.items():
        say(f"{job_id}: {told}")
    say(f"{len(chosen)} would run again." if dry_run else f"{len(replayed)} run again.")
    _end(refused, replayed)


def _dead(system: System, kind: str, code: str, error: str, since: str) -> list[str]:
    shop = system.hub.connection(code).id if code else ""
    store = system.hub.store
    wanted = DeadFilter(kind, shop, error, instant(since, store.clock()))
    with store.reading() as database:
        return find_dead(database, wanted)


def _refuse_unknown(system: System, job_ids: Iterable[str]) -> None:
    with system.hub.store.reading() as database:
        unknown = [one for one in job_ids if job_detail(database, one) is None]
    if unknown:
        raise NotFoundError(f"there is no job {', '.join(unknown)}")


def _end(refused: object, done: object) -> None:
    if refused:
        raise typer.Exit(Exit.PARTIAL if done else Exit.CONFLICT)
