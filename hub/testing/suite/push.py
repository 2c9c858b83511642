"""Group *push*: what is set is set, what is done is done once, whatever becomes of the answer."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest

from hub.sdk.connector import EffectTraits
from hub.sdk.errors import ConnectorError, RejectedError, UnknownOutcomeError
from hub.testing.suite.checks import Case, check, verbs
from hub.testing.suite.failures import DEGRADED, exactly
from hub.testing.suite.finding import expect, expect_none, found
from hub.testing.suite.stage import Stage
from hub.testing.suite.subject import CHECK, Subject
from hub.testing.suite.verbs import Verb, partner
from hub.testing.suite.visit import Visit, caught, named

GONE = "987654321"
"""An id that no vendor's sample has."""


def _asking(subject: Subject) -> Sequence[Case]:
    chosen = (CHECK, *subject.verbs("read", "desired", "effect"))
    return [Case(verb.method, verb) for verb in chosen]


class PushChecks:
    """Verbs that ask, set and spend."""

    @check("push", _asking)
    def test_it_works_on_an_undisturbed_day(self, stage: Stage, verb: Verb) -> None:
        """The sample question gets its answer from the simulated vendor."""
        error = stage.failure_of(verb)
        expect(error is None, named(error))

    @check("push", verbs("desired"))
    def test_every_item_of_a_batch_is_answered_for(self, stage: Stage, verb: Verb) -> None:
        """One item that the vendor does not have leaves the others set, and says so itself."""
        targets = _targets(stage, verb)
        stage.reset()
        gone = targets[0].model_copy(update={"external_id": GONE, "parent_external_id": None})
        visit = stage.open()
        answers, error = caught(lambda: visit.ask(verb, {"targets": [gone, *targets]}))
        expect(error is None, f"one item of the batch does not exist, and all of it ends: {error}")
        asked, told = (
            [GONE, *(one.external_id for one in targets)],
            [a.external_id for a in answers],
        )
        expect(sorted(told) == sorted(asked), f"asked for {asked}, answered for {told}")
        by_id = {one.external_id: one for one in answers}
        expect(by_id[GONE].problem, "what does not exist is answered without a problem")
        expect_none(
            f"{one.external_id}: {by_id[one.external_id].problem}"
            for one in targets
            if by_id[one.external_id].problem
        )

    @check("push", verbs("desired"))
    def test_what_was_set_is_what_the_vendor_shows(self, stage: Stage, verb: Verb) -> None:
        """The simulated vendor's own documents are the witness, and reading back agrees."""
        targets = _targets(stage, verb)
        if not hasattr(targets[0], "quantity"):
            pytest.skip(f"{verb} sets no quantities")
        stage.reset()
        visit = stage.open()
        stage.tried(visit, verb)
        shown = stage.subject.twin.testify(stage.twin).stock if stage.subject.twin else {}
        expect_none(
            f"{one.external_id} was set to {one.quantity} and shows {shown.get(one.external_id)}"
            for one in targets
            if shown.get(one.external_id) != one.quantity
        )

    @check("push", verbs("desired"))
    def test_setting_it_again_changes_nothing(self, stage: Stage, verb: Verb) -> None:
        """Desired state is sent again whenever its answer was lost."""
        stage.rehearsed(verb)
        visit = stage.open()
        given = stage.arguments(visit, verb)
        first = visit.ask(verb, deepcopy(given))
        witness = stage.twin.log.effects()
        second, error = caught(lambda: visit.ask(verb, deepcopy(given)))
        expect(error is None, f"the second time: {named(error)}")
        expect(first == second, "the second answer differs from the first")
        more = [one.kind for one in stage.twin.log.effects()[len(witness) :]]
        created = [kind for kind in more if "created" in kind or "added" in kind]
        expect(not created, f"the second time something was made: {created}")

    @check("push", verbs("effect"))
    def test_its_effects_are_sent_as_effects(self, stage: Stage, verb: Verb) -> None:
        """Only `effect=True` makes the client tell a lost answer from a failed reading."""
        if not stage.has_vendor:
            pytest.skip("this connector talks to no network")
        expect(stage.rehearsed(verb).effect, f"no request of {verb} says effect=True")

    @check("push", verbs("effect"))
    def test_the_same_key_twice_makes_one_thing(self, stage: Stage, verb: Verb) -> None:
        """Where a retention of keys is promised; the vendor's own log is the witness."""
        if stage_traits(stage, verb).key_retention is None:
            pytest.skip("its traits promise no replay of keys")
        stage.rehearsed(verb)
        visit, key = stage.open(), stage.key()
        given = stage.arguments(visit, verb, key)
        first = visit.ask(verb, given)
        before = _done(stage)
        second, error = caught(lambda: visit.ask(verb, given))
        expect(error is None, f"the same key again: {named(error)}")
        expect(_done(stage) == before, "the same key again did it again at the vendor")
        expect(_identity(first) == _identity(second), f"{first!r:.120} became {second!r:.120}")

    @check("push", verbs("lookup"))
    def test_what_was_done_is_found_by_its_key(self, stage: Stage, verb: Verb) -> None:
        """Where look-up is promised: nothing before, the thing itself after, no other's."""
        effect = _promised(stage, verb)
        stage.rehearsed(effect)
        visit, key = stage.open(), stage.key()
        given = stage.arguments(visit, effect, key)
        asked = {name: value for name, value in given.items() if name in verb.parameters}
        before = visit.ask(verb, asked)
        expect(before is None, f"before anything was done it finds {before!r:.120}")
        made = visit.ask(effect, given)
        stage.twin.advance(stage_traits(stage, verb).settle.total_seconds())
        after = visit.ask(verb, asked)
        expect(after is not None, f"{effect} was done, and its key finds nothing")
        expect(_identity(after) == _identity(made), f"made {made!r:.120}, found {after!r:.120}")

    @check("push", verbs("lookup"))
    def test_a_look_up_on_a_bad_day_proves_nothing(self, stage: Stage, verb: Verb) -> None:
        """ "Not found" is only said by a vendor that answered whole."""
        _promised(stage, verb)
        visit = stage.open()
        asked = stage.arguments(visit, verb)
        findings = []
        for kind in DEGRADED:
            stage.twin.fault(kind, times=None)
            answer, error = caught(lambda: visit.ask(verb, asked))
            stage.twin.clear()
            if error is None:
                findings.append(f"under {kind} it says {answer!r:.60}")
            elif not isinstance(error, ConnectorError):
                findings.append(f"under {kind}: {named(error)}")
        expect_none(findings)

    @check("push", verbs("effect"))
    def test_a_lost_answer_heals_without_doing_it_twice(self, stage: Stage, verb: Verb) -> None:
        """Done, and the line is cut: look-up or the same key must lead to the one thing done."""
        traits, look_up = stage_traits(stage, verb), partner(verb, "lookup")
        replays = traits.key_retention is not None
        if not (replays or (traits.lookup and look_up)):
            pytest.skip("its traits promise neither replay nor look-up: a person decides")
        line = stage.rehearsed(verb).effect
        if line is None:
            pytest.skip("it sends no effect to anybody")
        visit = stage.hurried()
        given = stage.arguments(visit, verb, stage.key())
        stage.silence(line[0], exactly(line[1]))
        _, error = caught(lambda: visit.ask(verb, given))
        stage.twin.clear()
        if not isinstance(error, UnknownOutcomeError):
            pytest.skip(f"a lost answer gives {named(error)}; that has its own check")
        before = _done(stage)
        stage.twin.advance(traits.settle.total_seconds())
        patient = stage.open()
        found_again = patient.ask(verb, given) if replays else _look(patient, look_up, given)
        expect(found_again is not None, "it was done, and cannot be found again")
        expect(_done(stage) == before, "healing did it a second time at the vendor")

    @check("push", verbs("effect", "desired"))
    def test_a_refusal_brings_the_vendors_reason(self, stage: Stage, verb: Verb) -> None:
        """A person reads it beside the work that could not be done."""
        line = stage.rehearsed(verb).effect
        if not stage.has_vendor:
            pytest.skip("this connector talks to no network")
        method, path = line or ("POST|PUT|PATCH|DELETE", ".*")
        visit = stage.open()
        given = stage.arguments(visit, verb)
        stage.twin.fault("refuse", method=method, path=path, status=422, times=None,
                         body='{"message": "too heavy for this service"}')  # fmt: skip
        answer, error = caught(lambda: visit.ask(verb, given))
        if isinstance(answer, tuple):  # a batch says it for each item
            problems = [getattr(one, "problem", None) for one in answer]
            expect(all(problems), f"refused, and answered {answer!r:.160}")
            return
        expect(isinstance(error, RejectedError), f"{named(error)}, not RejectedError")
        expect("too heavy" in str(error), f"the vendor's reason is not in: {error}")


def stage_traits(stage: Stage, verb: Verb) -> EffectTraits:
    """Give what the connector promises of an effect; skips when it says nothing."""
    traits = stage.subject.declared.effects.get(verb.capability)
    if traits is None:
        pytest.skip("its traits are not given; that has its own check")
    return traits


def _promised(stage: Stage, look_up: Verb) -> Verb:
    effect = partner(look_up, "effect")
    if effect is None or not stage_traits(stage, look_up).lookup:
        pytest.skip("its traits promise no look-up")
    if not stage.has_vendor:
        found("look-up is promised, and there is no vendor to look at")
    return effect


def _look(visit: Visit, look_up: Verb | None, given: dict[str, Any]) -> Any:
    assert look_up is not None
    return visit.ask(look_up, {n: value for n, value in given.items() if n in look_up.parameters})


def _targets(stage: Stage, verb: Verb) -> list[Any]:
    if "targets" not in verb.parameters:
        pytest.skip(f"{verb} sets one thing at a time")
    stage.rehearsed(verb)
    return list(stage.arguments(stage.open(), verb)["targets"])


def _done(stage: Stage) -> int:
    return len(stage.twin.log.effects()) if stage.has_vendor else 0


def _identity(result: Any) -> Any:
    """What makes two answers the same thing: the vendor's id, or its reference."""
    for name in ("external_id", "reference"):
        if hasattr(result, name):
            return getattr(result, name)
    return result
