"""How a check is declared: its group, and what it is asked for one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from hub.testing.suite.subject import CHECK, Subject
from hub.testing.suite.verbs import Sort, partner

Group = Literal[
    "declaration", "config", "mapping", "pull", "push", "webhooks", "failures", "manners"
]
GROUPS: tuple[Group, ...] = (
    "declaration", "config", "mapping", "pull", "push", "webhooks", "failures", "manners",
)  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Case:
    """One thing a check is asked for; `why_not` skips it with this reason."""

    name: str
    value: Any
    why_not: str = ""


Each = Callable[[Subject], Sequence[Case]]


@dataclass(frozen=True)
class Mark:
    """What is written on a check."""

    group: Group
    each: Each | None = None


def check(group: Group, each: Each | None = None) -> Callable[[F], F]:
    """Put a test method into a group; with `each` it runs once for each of those cases."""

    def mark(method: F) -> F:
        method.hub_check = Mark(group, each)  # type: ignore[attr-defined]
        return method

    return mark


def verbs(*sorts: Sort) -> Each:
    """Choose the verbs of some sorts; without any, one skipped case says why."""

    def choose(subject: Subject) -> Sequence[Case]:
        chosen = [Case(verb.method, verb) for verb in subject.verbs(*sorts)]
        return chosen or [Case("none", None, f"not provided: {subject.lacking(*sorts)}")]

    return choose


def single_reads(subject: Subject) -> Sequence[Case]:
    """Choose the verbs that read one record of a stream by its id."""
    read = [verb for verb in subject.verbs("read") if partner(verb, "stream")]
    chosen = [Case(verb.method, verb) for verb in read]
    return chosen or [Case("none", None, f"not provided: {subject.lacking('stream')}")]


def calling_verbs(subject: Subject) -> Sequence[Case]:
    """Choose every verb that may call the vendor, `check` first."""
    sorts: tuple[Sort, ...] = ("stream", "read", "desired", "effect", "lookup")
    return [Case(verb.method, verb) for verb in (CHECK, *subject.verbs(*sorts))]


def rows(table: Sequence[tuple[str, Any]]) -> Each:
    """Choose the rows of a table, whatever the connector."""
    return lambda subject: [Case(name, value) for name, value in table]


def capabilities(subject: Subject) -> Sequence[Case]:
    """Choose every capability of the family; what is lacking is skipped with its sentence."""
    declared = subject.declared
    return [
        Case(one.__name__, one, "" if one in declared.provides else _lack(subject, one))
        for one in dict.fromkeys((*subject.family, *declared.provides))
    ]


def _lack(subject: Subject, capability: type) -> str:
    return f"not provided: {subject.declared.lacks.get(capability, 'and it does not say why')}"
