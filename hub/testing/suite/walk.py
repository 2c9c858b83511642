"""Walking a stream of pages to its end, keeping what each page gave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.records.base import Record
from hub.records.catalogue import Listing
from hub.records.message import IncomingMessage
from hub.records.order import Order
from hub.records.payment import Refund
from hub.sdk.capabilities import Page
from hub.testing.suite.verbs import Verb, partner

if TYPE_CHECKING:
    from hub.testing.suite.stage import Stage
    from hub.testing.suite.visit import Visit

MOST_PAGES = 500

RECORDS: Mapping[str, type[Record]] = {
    "to_order": Order, "to_listing": Listing, "to_refund": Refund, "to_message": IncomingMessage,
}  # fmt: skip
"""Translation → the record its data must be."""


@dataclass
class Walk:
    """The pages of one walk, their records, and what went wrong; without `fault` it ended."""

    pages: list[Page] = field(default_factory=list)
    records: list[list[Record | None]] = field(default_factory=list)
    """A page's records; None for one that nobody understands."""
    fault: str = ""
    unmapped: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[list[str]]:
        """The vendor's ids, page by page."""
        return [[_id(record) for record in page if record] for page in self.records]

    @property
    def all_ids(self) -> set[str]:
        """Every id met."""
        return {one for page in self.ids for one in page}


def walked(stage: "Stage", verb: Verb, cursor: str | None = None) -> Walk:
    """Walk from a cursor to the end, with a connector opened for it."""
    visit = stage.open()
    walk = Walk()
    try:
        _follow(visit, verb, cursor, walk)
    except Exception as error:  # whatever it is, it is the finding of the check that asks
        walk.fault = f"{type(error).__name__} on page {len(walk.pages) + 1}: {error}"
    _translate(visit, verb, walk)
    return walk


def _follow(visit: "Visit", verb: Verb, cursor: str | None, walk: Walk) -> None:
    from hub.testing.suite.guard import watched

    seen: set[tuple[Any, ...]] = set()
    with watched() as foreign:
        for page in getattr(visit.connector, verb.method)(cursor):
            if not isinstance(page, Page):
                walk.fault = f"{verb} yields {type(page).__name__}, not pages"
                return
            walk.pages.append(page)
            if (again := (page.cursor, page.items)) in seen and page.items:
                walk.fault = f"page {len(walk.pages)} is one that came before: it never ends"
                return
            seen.add(again)
            if len(walk.pages) > MOST_PAGES:
                walk.fault = f"there is no end after {MOST_PAGES} pages"
                return
    visit.foreign += foreign


def _translate(visit: "Visit", verb: Verb, walk: Walk) -> None:
    translation = partner(verb, "translation")
    if translation is None:
        return
    translate = getattr(visit.connector, translation.method, None)
    record = RECORDS.get(translation.method)
    if translate is None or record is None:
        return
    for page in walk.pages:
        walk.records.append([_record(translate, record, raw, walk) for raw in page.items])


def _record(translate: Any, record: type[Record], raw: bytes, walk: Walk) -> Record | None:
    try:
        return record.model_validate(translate(raw))
    except Exception as error:  # told by the check of pulled records
        walk.unmapped.append(f"{type(error).__name__}: {str(error)[:200]}")
        return None


def _id(record: Record) -> str:
    return str(record.external_id)  # type: ignore[attr-defined]
