"""`hub jobs`: work owed and done."""

from typing import Annotated

import typer

from hub.cli.exits import Exit, NotFoundError, UsageError
from hub.cli.opening import opened
from hub.cli.options import DryRun, Json, Limit, Yes
from hub.cli.printing import Cells, print_facts, print_json, print_rows, print_table, say, sure
from hub.reports.jobs import JobFilter, dead_jobs, job_detail, list_jobs
from hub.store.jobs import JobState, ReplayRefusedError
from hub.store.jobs import replay as replay_job
from hub.store.unit_of_work import Store

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
    """Show one job: its attempts, its errors, the calls made while it ran."""
    with opened() as system, system.hub.store.reading() as database:
        found = job_detail(database, job_id)
    if found is None:
        raise NotFoundError(f"there is no job {job_id}; hub jobs list shows them")
    if as_json:
        return print_json(found)
    print_facts({heading: cell(found.job) for heading, cell in CELLS.items()})
    print_facts({"subject": found.job.subject, "tries at most": found.max_attempts,
                 "crashes": found.crash_count, "held because": found.hold_reason})  # fmt: skip
    attempts: Cells = {
        "attempt": lambda row: row.started_at, "ended": lambda row: row.ended_at,
        "as": lambda row: row.transition, "class": lambda row: row.error_class,
        "error": lambda row: row.error_text,
    }  # fmt: skip
    print_rows(found.attempts, attempts, False, "It has not been tried yet.")
    calls: Cells = {
        "call": lambda row: row.at, "method": lambda row: row.method, "path": lambda row: row.path,
        "status": lambda row: row.status, "outcome": lambda row: row.outcome,
        "ms": lambda row: row.elapsed_ms,
    }  # fmt: skip
    if found.exchanges:
        print_table(found.exchanges, calls)
    return None


@app.command()
def replay(
    job_ids: Annotated[list[str] | None, typer.Argument(metavar="ID…")] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="Every dead job.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Send dead jobs round again, with fresh attempts and the same keys."""
    if bool(job_ids) == all_dead:
        raise UsageError("name the jobs, or say --all-dead")
    with opened() as system:
        store = system.hub.store
        with store.reading() as database:
            chosen = dead_jobs(database) if all_dead else list(job_ids or ())
            unknown = [one for one in chosen if job_detail(database, one) is None]
        if unknown:
            raise NotFoundError(f"there is no job {', '.join(unknown)}")
        if not dry_run and all_dead and chosen:
            sure(f"{len(chosen)} dead jobs run again.", yes)
        refused = {} if dry_run else _replay(store, chosen)
    replayed = [] if dry_run else [one for one in chosen if one not in refused]
    if as_json:
        print_json({"replayed": replayed, "refused": refused, "dry_run": dry_run,
                    "would_replay": chosen if dry_run else []})  # fmt: skip
    for job_id, reason in refused.items():
        say(f"{job_id}: {reason}")
    say(f"{len(chosen)} would run again." if dry_run else f"{len(replayed)} run again.")
    if refused:
        raise typer.Exit(Exit.PARTIAL if replayed else Exit.CONFLICT)


def _replay(store: Store, job_ids: list[str]) -> dict[str, str]:
    """Replay each in a unit of its own; gives those that were refused, with the reason."""
    refused: dict[str, str] = {}
    for job_id in job_ids:
        try:
            with store.unit_of_work() as unit:
                replay_job(unit, job_id)
        except ReplayRefusedError as error:
            refused[job_id] = str(error)
    return refused
