"""`hub replay`: dead jobs and kept records go round again, one, many, or all since an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from hub.bootstrap import System
from hub.cli.exits import Exit, NotFoundError, UsageError
from hub.cli.opening import opened, operator
from hub.cli.options import DryRun, Json, Yes
from hub.cli.printing import counted, print_json, say, sure
from hub.cli.since import Since, instant
from hub.reports.jobs import job_detail
from hub.reports.quarantine import kept_row, list_kept
from hub.services.orders.resolve import retry_kept
from hub.store.jobs import DeadFilter, find_dead, replay_all

MOST_KEPT = 10_000


@dataclass(frozen=True)
class Chosen:
    """What goes round again, by id."""

    jobs: Sequence[str]
    kept: Sequence[str]

    def __str__(self) -> str:
        return f"{counted(len(self.jobs), 'dead job')} and {counted(len(self.kept), 'kept record')}"


def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Jobs, records.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Dead jobs.")] = False,
    kept: Annotated[bool, typer.Option("--kept", help="Records kept aside.")] = False,
    since: Since = "",
    connection: Annotated[str, typer.Option(help="Only of this connection.")] = "",
    kind: Annotated[str, typer.Option(help="Only jobs, or records, of this kind.")] = "",
    reason: Annotated[str, typer.Option(help="Kept in each job's story.")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Send dead jobs and kept records round again; --since alone means both kinds.

    A job keeps its keys, so what it had done is not done twice; doing it again changes nothing.
    """
    many = dead or kept or bool(since)
    if bool(ids) == many:
        raise UsageError("name what goes round again, or say --dead, --kept or --since")
    with opened() as system:
        if ids:
            chosen = _named(system, ids)
        else:
            both = dead == kept
            chosen = _matching(system, dead or both, kept or both, since, connection, kind)
            if not dry_run and (chosen.jobs or chosen.kept):
                sure(f"{chosen} go round again.", yes)
        refused = {} if dry_run else _replay(system, chosen, reason)
    done = [] if dry_run else [one for one in (*chosen.jobs, *chosen.kept) if one not in refused]
    if as_json:
        print_json({"jobs": chosen.jobs, "kept": chosen.kept, "replayed": done,
                    "refused": refused, "dry_run": dry_run})  # fmt: skip
    for one, why in refused.items():
        say(f"{one}: {why}")
    say(f"{chosen} would go round again." if dry_run else f"{len(done)} went round again.")
    if refused:
        raise typer.Exit(Exit.PARTIAL if done else Exit.CONFLICT)


def _named(system: System, ids: Sequence[str]) -> Chosen:
    with system.hub.store.reading() as database:
        jobs = [one for one in ids if job_detail(database, one)]
        kept = [one for one in ids if one not in jobs and kept_row(database, one)]
    if unknown := [one for one in ids if one not in jobs and one not in kept]:
        raise NotFoundError(f"there is neither a job nor a kept record {', '.join(unknown)}")
    return Chosen(jobs, kept)


def _matching(
    system: System, dead: bool, kept: bool, since: str, code: str, kind: str
) -> Chosen:  # fmt: skip
    store = system.hub.store
    start = instant(since, store.clock())
    shop = system.hub.connection(code) if code else None
    with store.reading() as database:
        wanted = DeadFilter(kind=kind, connection_id=shop.id if shop else "", since=start)
        rows = list_kept(database, limit=MOST_KEPT) if kept else []
        return Chosen(
            find_dead(database, wanted) if dead else [],
            [
                row.id for row in rows
                if (shop is None or row.connection == shop.code)
                and (not kind or row.kind == kind)
                and (start is None or row.created_at >= start)
            ],
        )  # fmt: skip


def _replay(system: System, chosen: Chosen, reason: str) -> dict[str, str]:
    """Give what did not go, with the reason."""
    by = operator()
    refused = replay_all(system.hub.store, chosen.jobs, by, reason)
    for one in chosen.kept:
        if not retry_kept(system.hub, one):
            refused[one] = "it is still not understood; hub quarantine show says why"
    return refused
