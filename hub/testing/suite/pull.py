"""Group *pull*: a walk gives everything the vendor has, once, in order, and can stop anywhere."""

import json
from typing import Any

import pytest

from hub.sdk.errors import MappingError, RejectedError
from hub.testing.suite.checks import check, single_reads, verbs
from hub.testing.suite.finding import expect, expect_none
from hub.testing.suite.stage import Stage
from hub.testing.suite.verbs import Verb, partner
from hub.testing.suite.visit import caught, named
from hub.testing.suite.walk import Walk, walked

CUTS = 4
"""Places at which a walk is stopped and taken up again."""


class PullChecks:
    """The streams, against the simulated vendor."""

    @check("pull", verbs("stream"))
    def test_a_walk_ends_and_says_so(self, stage: Stage, verb: Verb) -> None:
        """`last` stands on the last page and on no other; nothing is walked twice."""
        walk = _walk(stage, verb)
        expect(not walk.fault, walk.fault)
        expect(walk.pages, "it yields no page, not even an empty last one")
        lasts = [number for number, page in enumerate(walk.pages, 1) if page.last]
        expect(lasts == [len(walk.pages)], f"of {len(walk.pages)} pages, last is said on {lasts}")
        expect(all(page.cursor for page in walk.pages), "a page has no cursor after it")

    @check("pull", verbs("stream"))
    def test_all_that_the_vendor_has_is_pulled(self, stage: Stage, verb: Verb) -> None:
        """The vendor's own list is the witness."""
        walk = _whole(stage, verb)
        there = _at_vendor(stage, verb)
        expect(walk.all_ids or walk.unmapped, "the simulated vendor has nothing to pull: seed it")
        missing = there - walk.all_ids
        expect(not missing, f"{len(missing)} of {len(there)} are missing: {sorted(missing)[:5]}")

    @check("pull", verbs("stream"))
    def test_a_walk_has_more_than_one_page(self, stage: Stage, verb: Verb) -> None:
        """Otherwise nothing is known of what happens between two pages."""
        full = [page for page in _whole(stage, verb).pages if page.items]
        expect(len(full) > 1, "all fits on one page: let arrange() fill the simulated vendor")

    @check("pull", verbs("stream"))
    def test_what_is_pulled_is_understood(self, stage: Stage, verb: Verb) -> None:
        """Each item of a page is one record as the translation takes it."""
        expect_none(_whole(stage, verb).unmapped[:3])

    @check("pull", verbs("stream"))
    def test_the_oldest_change_comes_first(self, stage: Stage, verb: Verb) -> None:
        """The cursor must never pass over what is older and not yet given."""
        records = [one for page in _whole(stage, verb).records for one in page if one]
        # a variation follows its product, whatever its own date
        dates = [(one.updated_at, one.external_id) for one in records if _leads(one)]  # type: ignore[attr-defined]
        expect_none(
            f"{after[1]} of {after[0]} comes after {before[1]} of {before[0]}"
            for before, after in zip(dates, dates[1:], strict=False)
            if after[0] < before[0]
        )

    @check("pull", verbs("stream"))
    def test_a_walk_taken_up_after_any_page_has_no_gap(self, stage: Stage, verb: Verb) -> None:
        """A crash may come between any two pages; repeats are harmless, gaps are not."""
        walk = _whole(stage, verb)
        borders = range(len(walk.pages) - 1)
        if not borders:
            pytest.skip("there is only one page; that has its own check")
        step = max(1, len(borders) // CUTS)
        expect_none(fault for at in borders[::step] if (fault := _gap(stage, verb, walk, at)))

    @check("pull", verbs("stream"))
    def test_at_the_end_nothing_is_left(self, stage: Stage, verb: Verb) -> None:
        """A poll that finds nothing new ends at once, and gives nothing that was not known."""
        walk = _whole(stage, verb)
        again = walked(stage, verb, walk.pages[-1].cursor)
        expect(not again.fault, f"from the last cursor: {again.fault}")
        expect(again.pages and again.pages[-1].last, "from the last cursor, no page says last")
        strange = again.all_ids - walk.all_ids
        expect(not strange, f"from the last cursor comes what the walk had missed: {strange}")

    @check("pull", verbs("stream"))
    def test_what_changes_later_is_found_by_the_next_poll(self, stage: Stage, verb: Verb) -> None:
        """Webhooks may be lost; polling must find everything."""
        change = stage.suite.changes.get(verb.method)
        if change is None:
            pytest.skip(
                f"the suite names no change for {verb}: changes = {{'{verb}': (action, …)}}"
            )
        _whole(stage, verb)
        stage.reset()
        cursor = walked(stage, verb).pages[-1].cursor
        stage.twin.advance(stage.suite.later)
        action, given = change
        made = stage.twin.action(action, **given)
        found_now = walked(stage, verb, cursor)
        wanted = str(made["id"]) if isinstance(made, dict) and "id" in made else None
        what = f"{action} made {wanted}, and the next poll gives {sorted(found_now.all_ids)[:5]}"
        expect(wanted in found_now.all_ids if wanted else found_now.all_ids, what)

    @check("pull", verbs("stream"))
    def test_a_spoiled_record_does_not_end_the_walk(self, stage: Stage, verb: Verb) -> None:
        """One odd record is kept aside; the others must still come."""
        walk = _whole(stage, verb)
        stage.reset()
        stage.ears.spoil = _spoil_one
        spoiled = walked(stage, verb)
        expect(not spoiled.fault, f"with one spoiled record a page: {spoiled.fault}")
        before, after = len(walk.all_ids), len(spoiled.all_ids)
        expect(2 * after >= before, f"of {before} records only {after} come beside a spoiled one")
        wrong = [text for text in spoiled.unmapped if not text.startswith(MappingError.__name__)]
        expect_none(text for text in wrong[:2] if not text.startswith("ValidationError"))

    @check("pull", single_reads)
    def test_what_does_not_exist_is_not_found(self, stage: Stage, verb: Verb) -> None:
        """A record that is gone is told from one that cannot be read now."""
        stage.rehearsed(verb)
        (name,) = verb.parameters
        answer, error = caught(lambda: stage.open().ask(verb, {name: "987654321"}))
        expect(error is not None, f"{verb} of what does not exist gives {str(answer)[:80]!r}")
        right = isinstance(error, RejectedError) and error.code == "not_found"
        expect(right, f"{named(error)}, not RejectedError with code not_found")

    @check("pull", single_reads)
    def test_a_single_record_is_the_one_that_was_pulled(self, stage: Stage, verb: Verb) -> None:
        """A doorbell and a poll must lead to the same record."""
        translation = partner(verb, "translation")
        assert translation is not None
        raw = stage.rehearsed(verb).answer
        visit = stage.open()
        wanted = next(iter(stage.arguments(visit, verb).values()))
        data = getattr(visit.connector, translation.method)(raw)
        expect(data["external_id"] == wanted, f"asked {wanted}, got {data['external_id']}")


def _walk(stage: Stage, verb: Verb) -> Walk:
    assert stage.twin  # skips where there is no vendor
    if not callable(getattr(stage.open().connector, verb.method, None)):
        pytest.skip(f"it has no method {verb}; that has its own check")
    return stage.walk(verb)


def _whole(stage: Stage, verb: Verb) -> Walk:
    _walk(stage, verb)
    return stage.whole_walk(verb)


def _at_vendor(stage: Stage, verb: Verb) -> set[str]:
    assert stage.subject.twin is not None
    testimony = stage.subject.twin.testify(stage.twin)
    return set(testimony.orders if verb.noun == "orders" else testimony.stock)


def _leads(record: Any) -> bool:
    return getattr(record, "parent_external_id", None) is None


def _gap(stage: Stage, verb: Verb, walk: Walk, at: int) -> str:
    rest = walked(stage, verb, walk.pages[at].cursor)
    if rest.fault:
        return f"taken up after page {at + 1}: {rest.fault}"
    before = {one for page in walk.ids[: at + 1] for one in page}
    lost = walk.all_ids - before - rest.all_ids
    return f"taken up after page {at + 1}, {len(lost)} are lost: {sorted(lost)[:3]}" if lost else ""


def _spoil_one(body: bytes) -> bytes:
    """Turn what is a list or an object inside the middle record of a list into nonsense."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    rows = _rows(document)
    if rows is None or len(rows) < 2:
        return body
    middle = rows[len(rows) // 2]
    for name, value in middle.items():
        if isinstance(value, dict | list) and value:
            middle[name] = "spoiled"
    return json.dumps(document).encode()


def _rows(document: Any) -> list[dict[str, Any]] | None:
    if isinstance(document, list) and document and all(isinstance(one, dict) for one in document):
        return document
    if isinstance(document, dict):
        return next((found for one in document.values() if (found := _rows(one))), None)
    return None
