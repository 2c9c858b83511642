"""The tokens a condition may be made of: what could run long or reach far is refused right here.

Allowed are names, texts, numbers, comparisons, arithmetic, loops that are not inside another,
and few functions. Not allowed: powers, shifts, patterns, exponents, escapes and everything else
that the expression library could do. So the time of a condition is bounded by its length.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_TOKENS = 300
MOST_LOOPS = 4
DEEPEST = 20

FUNCTIONS = frozenset({"any", "all", "sum", "min", "max", "abs"})
WORDS = frozenset({"and", "or", "not", "in", "for", "if", "true", "false"})
ATTRIBUTES = frozenset({
    "length", "is_empty", "as_lower", "as_upper", "starts_with", "ends_with",
    "year", "month", "day", "hour", "minute", "weekday",
})  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<text>'[^'\\\n]*'|"[^"\\\n]*")
      | (?P<number>\d{1,15}(?:\.\d{1,8})?(?![\w.]))
      | (?P<function>\$[A-Za-z_]\w*)
      | (?P<attribute>\.[A-Za-z_]\w*)
      | (?P<name>[A-Za-z_]\w*(?!['"\w]))
      | (?P<sign>==|!=|<=|>=|<(?!<)|>(?!>)|\*(?!\*)|/(?!/)|[-+%(),?:\[\]])""",
    re.VERBOSE,
)


class ConditionError(ValueError):
    """A condition cannot be used; `column` counts from 1."""

    def __init__(self, column: int, sentence: str) -> None:
        self.column = column
        self.sentence = sentence
        super().__init__(f"column {column}: {sentence}")


@dataclass(frozen=True)
class Token:
    """One piece of a condition; `at` counts from 0."""

    kind: str
    text: str
    at: int


def tokens_of(text: str) -> list[Token]:
    """Take a condition apart; raises `ConditionError` at the first thing it may not have."""
    found = [token for token in _split(text) if token.kind != "space"]
    if not found:
        raise ConditionError(1, "it says nothing")
    if len(found) > MOST_TOKENS:
        raise ConditionError(found[MOST_TOKENS].at + 1, f"it has more than {MOST_TOKENS} parts")
    for token in found:
        if token.kind == "function" and token.text[1:] not in FUNCTIONS:
            known = ", ".join(f"${one}" for one in sorted(FUNCTIONS))
            raise ConditionError(token.at + 1, f"there is no {token.text}; there are {known}")
        if token.kind == "attribute" and token.text[1:] not in ATTRIBUTES:
            known = ", ".join(sorted(ATTRIBUTES))
            raise ConditionError(token.at + 2, f"nothing has {token.text}; there are {known}")
    _refuse_deep(found)
    return found


def _split(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ConditionError(at + 1, f"{text[at : at + 12]!r} is not allowed here")
        yield Token(str(match.lastgroup), match.group(), at)
        at = match.end()


@dataclass
class _Frame:
    """What is open between two brackets."""

    loops: bool = False
    loops_inside: bool = False


def _refuse_deep(tokens: Sequence[Token]) -> None:
    """Refuse what is nested too deep, and loops within loops."""
    frames, loops, negations = [_Frame()], 0, 0
    for token in tokens:
        negations = negations + 1 if token.text in ("not", "-", "?") else negations
        if len(frames) > DEEPEST or negations > DEEPEST:
            raise ConditionError(token.at + 1, f"it is nested more than {DEEPEST} deep")
        if token.text in ("(", "["):
            frames.append(_Frame())
        elif token.text in (")", "]") and len(frames) > 1:
            closed = frames.pop()
            frames[-1].loops_inside |= closed.loops or closed.loops_inside
        elif token.kind == "name" and token.text == "for":
            loops += 1
            nested = frames[-1].loops_inside or any(frame.loops for frame in frames)
            if nested or loops > MOST_LOOPS:
                raise ConditionError(
                    token.at + 1, f"loops within loops, or more than {MOST_LOOPS}, are not allowed"
                )
            frames[-1].loops = True


def conjuncts(tokens: Sequence[Token], length: int) -> list[tuple[int, int]]:
    """Give where the parts of a condition begin and end that stand between `and` and `or`."""
    depth, begin, parts = 0, tokens[0].at, []
    for token in tokens:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if depth == 0 and token.text in ("and", "or"):
            parts.append((begin, token.at))
            begin = token.at + len(token.text)
    return [*parts, (begin, length)]
