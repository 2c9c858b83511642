"""Group *declaration*: what a connector says of itself is true and complete."""

import re
from collections.abc import Iterator
from datetime import timedelta

from hub.sdk.capabilities import ReceiveWebhooks
from hub.testing.suite.arguments import has_sample
from hub.testing.suite.checks import capabilities, check, verbs
from hub.testing.suite.finding import expect, expect_none
from hub.testing.suite.stage import Stage
from hub.testing.suite.subject import Subject
from hub.testing.suite.verbs import Verb, partner, unfit, verbs_of

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class DeclarationChecks:
    """The descriptor against the code."""

    @check("declaration")
    def test_the_hub_takes_the_plugin(self, subject: Subject) -> None:
        """Entry point loads, hooks are spelt right, family is covered, SDK fits."""
        expect(not subject.fault, f"the hub lists it as broken: {subject.fault}")

    @check("declaration")
    def test_its_name_is_lower_case(self, subject: Subject) -> None:
        """Names stand in URLs, settings and file names."""
        name = subject.declared.name
        expect(NAME.fullmatch(name), f"{name!r} is not lower-case words joined by hyphens")

    @check("declaration")
    def test_what_it_provides_and_lacks_belongs_to_its_family(self, subject: Subject) -> None:
        """A capability of another family would never be asked for."""
        declared, family = subject.declared, set(subject.family)
        expect_none(
            f"{one.__name__} is no capability of a {declared.family}"
            for one in (*declared.provides, *declared.lacks)
            if one not in family
        )
        both = set(declared.provides) & set(declared.lacks)
        expect_none(f"{one.__name__} is both provided and lacking" for one in both)

    @check("declaration")
    def test_what_it_lacks_is_said_in_sentences(self, subject: Subject) -> None:
        """A merchant reads them next to what cannot be switched on."""
        expect_none(
            f"lacks[{one.__name__}] is no sentence: {text!r}"
            for one, text in subject.declared.lacks.items()
            if not (text.strip().endswith(".") and len(text.split()) > 2)
        )

    @check("declaration", capabilities)
    def test_it_has_what_it_provides(self, stage: Stage, case: type) -> None:
        """Every method of every capability in `provides` is there."""
        connector = stage.open().connector
        missing = [v.method for v in verbs_of(case) if not _method(connector, v)]
        expect(not missing, f"it provides {case.__name__} and has no {', '.join(missing)}")

    @check("declaration", capabilities)
    def test_its_methods_take_what_the_hub_gives(self, stage: Stage, case: type) -> None:
        """Same order of arguments, the same names for keywords, nothing more that is required."""
        connector = stage.open().connector
        expect_none(
            fault
            for verb in verbs_of(case)
            if _method(connector, verb) and (fault := unfit(connector, verb))
        )

    @check("declaration", capabilities)
    def test_what_it_provides_has_a_sample(self, stage: Stage, case: type) -> None:
        """What was never tried is not known to work."""
        missing = [verb for verb in verbs_of(case) if not has_sample(stage, verb)]
        where = {"translation": "{0.noun}s/*.json", "webhook": "webhooks/*.json"}
        files = {where.get(verb.sort, "{0}.json").format(verb) for verb in missing}
        expect(not missing, f"the samples hold no {', '.join(sorted(files))}")

    @check("declaration", verbs("effect"))
    def test_its_effects_say_what_can_be_relied_on(self, subject: Subject, verb: Verb) -> None:
        """Without traits a lost answer would wait for a person for ever."""
        expect_none(_traits(subject, verb))

    @check("declaration")
    def test_its_webhook_topics_are_named(self, subject: Subject) -> None:
        """The hub subscribes to these topics, and to nothing else."""
        receives = ReceiveWebhooks in subject.declared.provides
        topics = subject.declared.webhook_topics
        expect(receives == bool(topics), "webhook_topics and ReceiveWebhooks go together")
        expect(len(set(topics)) == len(topics), "a webhook topic is named twice")

    @check("declaration")
    def test_opening_it_asks_nobody(self, stage: Stage) -> None:
        """The hub opens connectors inside lists and pages; only verbs may call."""
        stage.reset()
        visit = stage.open()
        calls = [f"{one.method} {one.path}" for one in visit.tap.exchanges]
        expect_none([*visit.foreign, *calls])


def _method(connector: object, verb: Verb) -> bool:
    return callable(getattr(connector, verb.method, None))


def _traits(subject: Subject, verb: Verb) -> Iterator[str]:
    traits = subject.declared.effects.get(verb.capability)
    if traits is None:
        yield f"effects says nothing of {verb.capability.__name__}"
        return
    if traits.lookup and partner(verb, "lookup") is None:
        yield f"{verb.capability.__name__} has no look-up, and lookup=True"
    if traits.settle < timedelta(0) or (traits.key_retention or timedelta(1)) <= timedelta(0):
        yield "times in the traits are positive"
