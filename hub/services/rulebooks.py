"""Every rulebook with the record that judges it; read by its rule, written by the merchant."""

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from hub.domain import order_rules, returns_policy
from hub.domain.business_calendar import calendar_faults
from hub.domain.routing import day as routing_day
from hub.records.base import Record
from hub.records.order_rules import OrderRules
from hub.records.reorder import ReorderPolicy
from hub.records.return_policy import ReturnPolicy
from hub.records.routing_policy import RoutingPolicy
from hub.records.sla_policy import SlaPolicy
from hub.records.stock_policy import StockPolicy
from hub.sdk.errors import HubError
from hub.services.work import owe
from hub.store import rulebooks
from hub.store.unit_of_work import Store

R = TypeVar("R", bound=Record)


class RulesError(HubError):
    """A rulebook cannot be put in force; the text names each fault and its place."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"{name}: " + "; ".join(faults))


class UnknownRulebookError(LookupError):
    """No rulebook has this name."""


@dataclass(frozen=True)
class Book(Generic[R]):
    """A rulebook: its record, whose defaults hold without any file, and what else must be true."""

    record: type[R]
    faults: Callable[[R], Sequence[str]] = lambda rules: ()
    """Gives a sentence for each fault that the record itself cannot see."""
    owes: tuple[str, ...] = ()
    """The jobs that look again at what waits, once other rules hold."""


@dataclass(frozen=True)
class InForce(Generic[R]):
    """The rules that hold now, and their version, which decisions keep; 0 is built in."""

    version: int
    rules: R


BOOKS: Mapping[str, Book[Any]] = {
    "return_policy": Book(ReturnPolicy, returns_policy.faults),
    "order_rules": Book(OrderRules, order_rules.faults),
    "routing_policy": Book(RoutingPolicy, routing_day.faults, owes=("reserve_waiting",)),
    "reorder_policy": Book(ReorderPolicy),
    "sla_policy": Book(SlaPolicy, calendar_faults),
    "stock_policy": Book(StockPolicy),
}


def rules_in_force(database: Connection, record: type[R]) -> InForce[R]:
    """Read the rules of one kind as they are now; without any file, the record's defaults."""
    name = next(name for name, book in BOOKS.items() if book.record is record)
    known = rulebooks.current(database, name)
    return InForce(known.version, record.model_validate_json(json.dumps(known.document)))


def read_file(text: str, toml: bool) -> dict[str, Any]:
    """Read the text of a rules file; raises `RulesError` naming the line."""
    try:
        read = tomllib.loads(text) if toml else json.loads(text)
    except ValueError as error:
        raise RulesError("file", [str(error)]) from None
    except RecursionError:
        raise RulesError("file", ["it is nested too deep"]) from None
    if not isinstance(read, dict):
        raise RulesError("file", ["it is no table of names and values"])
    return read


def check(name: str, document: Mapping[str, Any]) -> Record:
    """Judge a document; raises `RulesError` with every fault, `UnknownRulebookError`."""
    book = book_named(name)
    try:
        rules: Record = book.record.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise RulesError(name, [_sentence(document, one) for one in _errors(error)]) from None
    except TypeError as error:  # a TOML date, which no rulebook has a place for
        raise RulesError(name, [str(error)]) from None
    if faults := book.faults(rules):
        raise RulesError(name, faults)
    return rules


def book_named(name: str) -> Book[Any]:
    """Give a rulebook by its name; raises `UnknownRulebookError`."""
    if name not in BOOKS:
        raise UnknownRulebookError(f"there is no rulebook {name}; there are {', '.join(BOOKS)}")
    return BOOKS[name]


def put_in_force(store: Store, name: str, document: Mapping[str, Any], by: str) -> int:
    """Judge a document and let it hold from now on; gives its version. Raises `RulesError`."""
    rules = check(name, document)
    with store.unit_of_work() as unit:
        for kind in book_named(name).owes:
            owe(unit, kind, "")
        return rulebooks.apply(unit, name, rules.to_document(), by)


def _errors(error: ValidationError) -> list[Any]:
    return error.errors(include_input=False, include_url=False, include_context=False)


def _sentence(document: Mapping[str, Any], error: Mapping[str, Any]) -> str:
    return f"{_place(document, error['loc'])}: {error['msg']}"


def _place(document: Any, path: Sequence[str | int]) -> str:
    """Name a place by the names that entries carry: rules[big-order].then."""
    told, here = "", document
    for step in path:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = None
        if isinstance(step, int):
            named = here.get("name") if isinstance(here, dict) else None
            told += f"[{named or step + 1}]"
        else:
            told += f".{step}" if told else step
    return told or "the file"
