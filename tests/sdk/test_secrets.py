"""A secret gives its value to who asks for it by name, and a mask to everyone else."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from hub.sdk.secrets import MASK, Secret

SECRET = Secret("hunter2")


@dataclass
class Holder:
    secret: Secret


@pytest.mark.parametrize(
    "print_it",
    [
        str, repr, lambda s: f"{s}", lambda s: f"{s!r:>40}", lambda s: f"{s:>40}",
        lambda s: "%s %r" % (s, s), lambda s: "{} {!s}".format(s, s),  # noqa: UP031, UP032
        lambda s: repr([s]), lambda s: str({"key": (s,)}), lambda s: repr(Holder(s)),
        lambda s: json.dumps({"key": s}, default=str, ensure_ascii=False),
    ],
)  # fmt: skip
def test_every_way_of_printing_gives_the_mask(print_it: Callable[[Secret], str]) -> None:
    printed = print_it(SECRET)
    assert MASK in printed and "hunter2" not in printed


def test_a_log_line_and_a_traceback_show_the_mask(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("connecting with %s", SECRET)
    assert caplog.messages == [f"connecting with {MASK}"]
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        told = "".join(traceback.format_exception(error))
    assert MASK in told and "hunter2" not in told


@pytest.mark.parametrize(
    "carry_off", [pickle.dumps, copy.copy, json.dumps, msgspec.json.encode, vars, list]
)
def test_it_cannot_be_carried_off_by_accident(carry_off: Callable[[Secret], object]) -> None:
    with pytest.raises((TypeError, pickle.PicklingError)) as refused:
        carry_off(SECRET)
    assert "hunter2" not in str(refused.value)


def test_a_deep_copy_of_what_holds_it_holds_the_same_one() -> None:
    assert copy.deepcopy(Holder(SECRET)).secret is SECRET


def test_its_value_is_given_on_request_only() -> None:
    assert SECRET.reveal() == "hunter2"
    assert Secret("hunter2") == SECRET != Secret("other")
    assert SECRET != "hunter2"
    assert hash(Secret("hunter2")) == hash(SECRET)
    assert SECRET and not Secret("")
