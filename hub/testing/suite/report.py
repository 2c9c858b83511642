"""What a trial found: as data, and as pages for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hub.testing.suite.checks import GROUPS
from hub.testing.suite.level import Facts, Result, level


def document(facts: Facts, results: Sequence[Result]) -> dict[str, Any]:
    """Give the report of one connector as plain data."""
    reached, missing = level(results, facts)
    return {
        "connector": facts.connector,
        "version": facts.version,
        "level": reached.value,
        "missing_for_the_next": missing,
        "counts": _counts(results),
        "groups": {
            group: _counts(of) for group in GROUPS if (of := _of(results, group))
        },
        "checks": [asdict(one) for one in results],
    }  # fmt: skip


def _of(results: Sequence[Result], group: str) -> list[Result]:
    return [one for one in results if one.group == group]


def _counts(results: Sequence[Result]) -> dict[str, int]:
    outcomes = ("passed", "failed", "skipped", "waived")
    return {name: sum(one.outcome == name for one in results) for name in outcomes}


def pages(report: Mapping[str, Any], skipped_too: bool = False) -> Iterator[str]:
    """Print a report line by line: groups, what failed and why, waivers, level."""
    yield f"{report['connector']} {report['version']}".rstrip()
    for group, counts in report["groups"].items():
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        yield f"  {group:<12} {told}"
        for one in report["checks"]:
            if one["group"] == group and _is_shown(one, skipped_too):
                yield f"    {one['outcome']}: {readable(one['check'])}"
                yield f"      {one['sentence']}"
    yield f"  level: {report['level']}"
    for need in report["missing_for_the_next"]:
        yield f"    for the next level: {need}"


def _is_shown(one: Mapping[str, Any], skipped_too: bool) -> bool:
    return one["outcome"] in ("failed", "waived") or (skipped_too and one["outcome"] == "skipped")


def readable(check: str) -> str:
    """Turn the name of a check into its sentence."""
    name, bracket, case = check.partition("[")
    return name.replace("_", " ") + (f" ({case.rstrip(']')})" if bracket else "")
