"""Rulebook files: read, judged, and each fault told with its place."""

import pytest

from hub.records.base import Record
from hub.services.rulebooks import BOOKS, RulesError, UnknownRulebookError, check, read_file


def test_every_rulebook_holds_without_a_file() -> None:
    assert BOOKS
    for name in BOOKS:
        assert isinstance(check(name, {}), Record)


def test_a_file_that_cannot_be_read_names_the_line() -> None:
    with pytest.raises(RulesError, match="line 2"):
        read_file("a = 1\nb = = 2\n", toml=True)
    with pytest.raises(RulesError, match="line 1 column 2"):
        read_file("{", toml=False)
    with pytest.raises(RulesError, match="no table"):
        read_file("[1]", toml=False)


def test_every_fault_of_a_file_is_told_with_its_place() -> None:
    rules = [{"name": "a", "when": "true", "then": "burn"}, {"when": "true", "then": "hold"}]
    with pytest.raises(RulesError) as wrong:
        check("order_rules", {"rules": rules, "surprise": 1})
    assert [fault.partition(":")[0] for fault in wrong.value.faults] == [
        "rules[a].then", "rules[2].name", "surprise",
    ]  # fmt: skip


def test_two_rules_of_one_name_and_an_unknown_rulebook_are_refused() -> None:
    twice = {"name": "a", "when": "true", "then": "hold"}
    with pytest.raises(RulesError, match="two rules have the name a"):
        check("order_rules", {"rules": [twice, twice]})
    with pytest.raises(UnknownRulebookError, match="there are"):
        check("ghost", {})
