"""Decisions made again from what was kept of them: the same inputs, the same plan to the byte."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.domain.routing import RULE_VERSION, Rules, UnknownStageError, route
from hub.records.plan import RoutingCandidate, RoutingPlan, RoutingRequest
from hub.records.routing_policy import RoutingPolicy


class Verdict(StrEnum):
    """What a decision made again shows."""

    SAME = "same"
    """The identical plan."""
    DIFFERENT = "different"
    """Another plan under the same rules: something that decides is not among the inputs."""
    OTHER_RULES = "other_rules"
    """It was made under another version of the rules; today's would place it otherwise."""
    SAME_PLACES = "same_places"
    """It was made under another version of the rules; today's place every unit alike."""
    NOT_KEPT = "not_kept"
    """Its inputs were not kept whole, or need a stage that is gone."""


@dataclass(frozen=True)
class Inputs:
    """What a decision was made from."""

    request: RoutingRequest
    candidates: tuple[RoutingCandidate, ...]


def inputs_of(document: Mapping[str, Any]) -> Inputs | None:
    """Read the inputs of a kept decision; None where they were not kept."""
    if "request" not in document and "lines" not in document:
        return None
    asked = document.get("request") or {"lines": document["lines"]}
    return Inputs(
        RoutingRequest.model_validate_json(json.dumps(asked)),
        tuple(
            RoutingCandidate.model_validate_json(json.dumps(one)) for one in document["candidates"]
        ),
    )


def replayed(document: Mapping[str, Any], rules: Rules) -> Verdict:
    """Make a kept decision again and compare."""
    inputs = inputs_of(document)
    kept = document.get("plan")
    if inputs is None or kept is None:
        return Verdict.NOT_KEPT
    try:
        plan = route(inputs.request, inputs.candidates, rules).to_document()
    except UnknownStageError:
        return Verdict.NOT_KEPT
    if kept["rule_version"] == RULE_VERSION:
        return Verdict.SAME if _bytes(plan) == _bytes(kept) else Verdict.DIFFERENT
    alike = _places(plan) == _places(kept)
    return Verdict.SAME_PLACES if alike else Verdict.OTHER_RULES


def under(inputs: Inputs, policy: RoutingPolicy, rules: Rules) -> RoutingPlan:
    """Plan a kept order as another policy would have it. Raises `UnknownStageError`."""
    return route(inputs.request.model_copy(update={"policy": policy}), inputs.candidates, rules)


def _bytes(plan: Mapping[str, Any]) -> bytes:
    """Write a plan in the one way that does not depend on how a database keeps JSON."""
    return json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _places(plan: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    return sorted(
        (part["order_line_id"], part["location_id"], part["quantity"])
        for part in plan["allocations"]
    )
