"""Conditions that merchants write: checked for names and types before they are kept, then asked.

The expression library is rule-engine: it knows the type of every name, so a mistake is found when
the rule is written and not when the first order meets it. It is loaded by the first condition:
a hub without rules does not pay for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from hub.domain.condition_tokens import WORDS, ConditionError, Token, conjuncts, tokens_of

Value = bool | str | Decimal | datetime | tuple[str, ...]


class Type(StrEnum):
    """What a variable is; the words that a fault uses for it."""

    YES_NO = "yes or no"
    NUMBER = "number"
    TEXT = "text"
    INSTANT = "instant"
    TEXTS = "list of texts"


@dataclass(frozen=True)
class Variable:
    """A name that conditions may use."""

    type: Type
    meaning: str


@dataclass(frozen=True)
class Condition:
    """A checked condition and the variables it looks at."""

    text: str
    names: frozenset[str]
    _ask: Callable[[Mapping[str, Value]], Any]

    def fits(self, values: Mapping[str, Value]) -> bool:
        """Whether it is true of these values; raises `ConditionError` where it has no answer."""
        from rule_engine.errors import EngineError

        try:
            return bool(self._ask({name: values[name] for name in self.names}))
        except (EngineError, ArithmeticError, ValueError) as error:
            raise ConditionError(1, f"it has no answer here: {error}") from None


def compile_condition(text: str, variables: Mapping[str, Variable]) -> Condition:
    """Check a condition against the names it may use; raises `ConditionError` with a column."""
    return _compiled(text, tuple(sorted((name, one.type) for name, one in variables.items())))


@lru_cache(maxsize=512)
def _compiled(text: str, types: tuple[tuple[str, Type], ...]) -> Condition:
    from rule_engine import Rule
    from rule_engine.errors import EngineError
    from rule_engine.types import DataType

    tokens = tokens_of(text)
    names = _known_names(tokens, dict(types))
    try:
        rule = Rule(text, context=_context(types))
    except (EngineError, ArithmeticError, RecursionError) as error:
        raise _fault(text, tokens, types, error) from None
    if rule.statement.expression.result_type != DataType.BOOLEAN:
        raise ConditionError(1, "its answer is not yes or no; compare it with something")
    return Condition(text, names, rule.evaluate)


@cache
def _context(types: tuple[tuple[str, Type], ...]) -> Any:
    """Give the names and types that the library is to know; those alone."""
    from rule_engine import Context, DataType, resolve_item, type_resolver_from_dict

    meant = {
        Type.YES_NO: DataType.BOOLEAN, Type.NUMBER: DataType.FLOAT, Type.TEXT: DataType.STRING,
        Type.INSTANT: DataType.DATETIME, Type.TEXTS: DataType.ARRAY(DataType.STRING),
    }  # fmt: skip
    resolver = type_resolver_from_dict({name: meant[kind] for name, kind in types})
    return Context(resolver=resolve_item, type_resolver=resolver, default_timezone="utc")


def _known_names(tokens: list[Token], types: Mapping[str, Type]) -> frozenset[str]:
    """Give the variables that are used; a name must be one, or be made by a loop."""
    made = {
        after.text for token, after in zip(tokens, tokens[1:], strict=False) if token.text == "for"
    }
    used = [token for token in tokens if token.kind == "name" and token.text not in WORDS]
    for token in used:
        if token.text not in types and token.text not in made:
            known = ", ".join(sorted(types))
            sentence = f"there is no variable {token.text}; there are {known}"
            raise ConditionError(token.at + 1, sentence)
    return frozenset(token.text for token in used) & frozenset(types)


def _fault(
    text: str, tokens: list[Token], types: tuple[tuple[str, Type], ...], error: Exception
) -> ConditionError:
    """Name the narrowest part of the condition that is wrong by itself."""
    token = getattr(error, "token", None)
    if token is not None:
        return ConditionError(token.lexpos + 1, f"{token.value!r} cannot stand here")
    parts = conjuncts(tokens, len(text))
    for begin, end in parts if len(parts) > 1 else ():
        part = text[begin:end]
        try:
            _compiled(part.strip(), types)
        except ConditionError as narrower:
            if narrower.sentence.startswith("its answer is not"):
                continue  # joined with others it may stand
            shift = begin + len(part) - len(part.lstrip())
            return ConditionError(narrower.column + shift, narrower.sentence)
    return ConditionError(tokens[0].at + 1, f"`{text.strip()}`: {_sentence(error, tokens, types)}")


def _sentence(error: Exception, tokens: list[Token], types: tuple[tuple[str, Type], ...]) -> str:
    said = str(getattr(error, "message", "") or error)
    if "syntax" in said:
        return "it is not complete"
    kinds = dict(types)
    used = {token.text for token in tokens} & set(kinds)
    told = ", ".join(f"{name} is {kinds[name].value}" for name in sorted(used))
    return f"{said} ({told})" if told else said
