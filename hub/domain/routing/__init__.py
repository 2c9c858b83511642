"""Routing: where each line ships from, decided by named stages, explained by reasons.

Filter and rank (`stages`), price (`costs`), allocate (`desk`), split (`split`, over `search`).
Everything is pure: a plan follows from its request and candidates alone, so it can be made again.
"""

from hub.domain.routing.costs import Term
from hub.domain.routing.desk import Desk, Rules, open_desk
from hub.domain.routing.plan import RULE_VERSION, route
from hub.domain.routing.stages import (
    NAMED,
    OF_TODAY,
    BadStageError,
    Stage,
    UnknownStageError,
)

__all__ = [
    "NAMED", "OF_TODAY", "RULE_VERSION", "BadStageError", "Desk", "Rules", "Stage", "Term",
    "UnknownStageError", "open_desk", "route",
]  # fmt: skip
