"""`hub routing`: why an order ships from where it does, the same again, and what would change."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.exits import Exit, NotFoundError
from hub.cli.opening import opened
from hub.cli.options import Json, Limit
from hub.cli.printing import Cells, counted, print_facts, print_json, print_table, say
from hub.cli.rules import File
from hub.cli.since import Since, instant
from hub.records.routing_policy import RoutingPolicy
from hub.reports.replay import Verdict
from hub.reports.routing import Decided, decisions_about, last_plans, trial
from hub.reports.routing import replay as replay_all
from hub.services.orders.routing_facts import rules_brought
from hub.services.rulebooks import check, read_file
from hub.store.orders import find_order_id

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Routing.")

PLACES: Cells = {
    "location": lambda row: row["location"], "units": lambda row: row["units"],
    "points a parcel": lambda row: row["points"], "made of": lambda row: row["terms"],
    "turned down": lambda row: row["reason"],
}  # fmt: skip
CHANGES: Cells = {
    "order": lambda row: row.order, "ships from": lambda row: _places(row.before),
    "would ship from": lambda row: _places(row.after),
}  # fmt: skip
DECISIONS: Cells = {
    "order": lambda row: row.order, "decided": lambda row: row.at,
    "outcome": lambda row: row.outcome, "decision": lambda row: row.id,
}  # fmt: skip


@app.command()
def explain(
    number: Annotated[str, typer.Argument(help="NYC-1001, or 1001 where that is clear.")],
    as_json: Json = False,
) -> None:
    """Say why an order ships from where it does: every location, its price, the proof."""
    with opened() as system, system.hub.store.reading() as database:
        decided = decisions_about(database, find_order_id(database, number))
    if not decided:
        raise NotFoundError(f"{number} was not routed yet; hub orders why {number} says what for")
    last = decided[0]
    if as_json:
        return print_json({**vars(last), "earlier": [vars(one) for one in decided[1:]]})
    print(f"{last.order}: {last.outcome}, decided {last.at:%Y-%m-%d %H:%M} UTC")
    if "plan" not in last.document:
        return say(str(last.document.get("reason", "")))
    plan = last.document["plan"]
    print_table(_places_of(last.document), PLACES)
    for sentence in (*plan.get("missing", ()), *_proof(plan), _rules(last.document)):
        print(sentence)
    return None


def _places_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    plan = document["plan"]
    units: dict[str, int] = {}
    for part in plan["allocations"]:
        units[part["location_id"]] = units.get(part["location_id"], 0) + part["quantity"]
    costs = {cost["location"]: cost for cost in plan.get("costs", ())}
    reasons = {no["location"]: f"{no['reason']} ({no['stage']})" for no in plan["rejected"]}
    return [
        {
            "location": place["code"], "units": units.get(place["location_id"], 0),
            "points": costs.get(place["code"], {}).get("parcel", ""),
            "terms": _terms(costs.get(place["code"], {})), "reason": reasons.get(place["code"], ""),
        }
        for place in document["candidates"]
    ]  # fmt: skip


def _terms(cost: Mapping[str, Any]) -> str:
    terms = [f"{name} {points}" for name, points in cost.get("terms", {}).items()]
    return " + ".join([*terms, *([f"{cost['unit']} a unit"] if cost.get("unit") else [])])


def _proof(plan: Mapping[str, Any]) -> list[str]:
    proof = plan.get("proof")
    if not proof or not plan["allocations"]:
        return []
    looked = f"{plan['cost']} points; {counted(proof['sets'], 'set')} of "
    looked += f"{counted(proof['locations'], 'location')} looked at"
    if proof["complete"]:
        others = proof["sets"] < 2 ** proof["locations"] - 1
        rest = f" (the others cost {proof['bound']} or more)" if others else ""
        return [f"{looked}: no other set is cheaper{rest}."]
    return [f"{looked}, not all: the best found; none costs less than {proof['bound']}."]


def _rules(document: Mapping[str, Any]) -> str:
    version = document.get("request", {}).get("policy_version")
    policy = f"routing_policy version {version}" if version else "the built-in routing_policy"
    return f"Rules {document['plan']['rule_version']}, {policy}."


@app.command()
def replay(since: Since = "", as_json: Json = False) -> None:
    """Make every routing decision again from what was kept of it: it must come out the same."""
    with opened() as system, system.hub.store.reading() as database:
        plans = last_plans(database, instant(since, system.hub.store.clock()))
        told = replay_all(plans, rules_brought(system.hub.registry))
    if as_json:
        print_json({"counts": {verdict: told.counts[verdict] for verdict in Verdict},
                    "different": [vars(one) for one in told.different],
                    "other_rules": [vars(one) for one in told.other_rules]})  # fmt: skip
    else:
        print_facts({_MEANINGS[verdict]: told.counts[verdict] for verdict in Verdict})
        _print_decisions(told.different, "came out otherwise: not all that decides was kept")
        _print_decisions(told.other_rules, "would ship otherwise under today's rules")
    if told.different:
        raise typer.Exit(Exit.FAILURE)


_MEANINGS = {
    Verdict.SAME: "identical", Verdict.DIFFERENT: "different",
    Verdict.SAME_PLACES: "older rules, placed alike",
    Verdict.OTHER_RULES: "older rules, placed otherwise", Verdict.NOT_KEPT: "cannot be replayed",
}  # fmt: skip


def _print_decisions(decisions: list[Decided], what: str) -> None:
    if decisions:
        print(f"\n{counted(len(decisions), 'decision')} {what}:")
        print_table(decisions, DECISIONS)


@app.command("try")
def try_policy(file: File, last: Limit = 1000, as_json: Json = False) -> None:
    """Route the last orders under a routing policy that does not hold yet; changes nothing."""
    policy = _policy(file)
    with opened() as system, system.hub.store.reading() as database:
        told = trial(last_plans(database, limit=last), policy, rules_brought(system.hub.registry))
    if as_json:
        return print_json(vars(told))
    print_facts({
        "decisions": told.orders, "cannot be tried": told.not_kept,
        "parcels": f"{told.parcels_before} → {told.parcels_after}",
        "units that wait": f"{told.short_before} → {told.short_after}",
        "points, at the new prices": f"{told.points_before} → {told.points_after}",
    })  # fmt: skip
    if told.changes:
        print(f"\n{counted(len(told.changes), 'order')} would ship otherwise:")
        return print_table(told.changes, CHANGES)
    return say("Every order would ship from where it does.")


def _policy(file: Path) -> RoutingPolicy:
    if not file.is_file():
        raise NotFoundError(f"there is no file {file}")
    document = read_file(file.read_text(encoding="utf-8"), toml=file.suffix != ".json")
    policy = check("routing_policy", document)
    assert isinstance(policy, RoutingPolicy)
    return policy


def _places(units: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {count}" for code, count in units.items()) or "waits"
