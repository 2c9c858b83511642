"""Walks a shop's records in the order of their change, without a gap while they change. Pure.

WooCommerce lists by page number, changes move records between pages, and its stamps have whole
seconds with exclusive bounds. So the walk never trusts a page number across time: after each full
page it starts again one second before the newest stamp it saw. Only where one second fills a page
does it number pages, inside that second alone and by id: records that leave it meanwhile pull the
walk back by as much, and one that enters sends it back to that second's first page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from hub.sdk import RejectedError

PER_PAGE = 100
"""The most WooCommerce gives, and what is asked for unless a place says less."""

SETTLING = timedelta(seconds=60)
"""How long a record with an older stamp may still appear: a slow request stamps it first and stores
it later, and the clocks of a shop's servers differ."""

_SECOND = timedelta(seconds=1)


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a walk stands; as text it is the cursor. Stamps are UTC seconds without a zone."""

    after: str | None = None
    """Everything up to and including this second was given."""
    page: int = 0
    """0: what comes later. From 1: this page of the one second that follows `after`."""
    held: int | None = None
    """How many records that second held at the last look."""
    total: int | None = None
    """What the shop counted when this walk began, for progress."""
    ceiling: str | None = None
    """Where the next walk begins at the latest, once this one came near the shop's present."""
    per_page: int = PER_PAGE
    """How many records the next request asks for; it stays while pages are numbered."""


@dataclass(frozen=True)
class Look:
    """What one answer showed: the stamp of each record in order, the count, the shop's time."""

    stamps: Sequence[str | None]
    total: int | None = None
    now: str | None = None


def read_cursor(cursor: str | None) -> Place:
    """Read a cursor back; none is the beginning."""
    if cursor is None:
        return Place()
    try:
        return msgspec.json.decode(cursor, type=Place)
    except msgspec.MsgspecError:
        raise RejectedError(
            "the stored position in the shop cannot be read: pull from the beginning", "bad_cursor"
        ) from None


def cursor_text(place: Place) -> str:
    """Give a place as cursor."""
    return msgspec.json.encode(place).decode()


def paced(place: Place, size: int) -> Place:
    """Ask for so many records next, unless that would change the numbers of pages."""
    return place if place.page else msgspec.structs.replace(place, per_page=size)


def query(place: Place) -> Mapping[str, str | int]:
    """Give the parameters of the next request."""
    asked: dict[str, str | int] = {
        "per_page": place.per_page, "order": "asc", "orderby": "modified",
    }  # fmt: skip
    if place.after is not None:
        # A value with a zone would be moved to the shop's time before it is compared.
        asked |= {"dates_are_gmt": "true", "modified_after": place.after}
    if place.after is not None and place.page:
        before = _moved(place.after, 2 * _SECOND)
        asked |= {"modified_before": before, "orderby": "id", "page": place.page}
    return asked


def advance(place: Place, look: Look) -> tuple[Place, bool]:
    """Give the place after an answer, and whether the walk has reached the present.

    Raises `RejectedError` when the shop does not list in the order of change.
    """
    return (_within_second(place, look), False) if place.page else _onward(place, look)


def _onward(place: Place, look: Look) -> tuple[Place, bool]:
    dated = [stamp for stamp in look.stamps if stamp]
    if any(later < earlier for earlier, later in zip(dated, dated[1:], strict=False)):
        raise _unordered("records come in another order than that of their change")
    newest = dated[-1] if dated else None
    if len(look.stamps) < place.per_page:
        end = _settled(newest, look.now) if newest else place.after
        return Place(_earliest(end, place.ceiling)), True
    if newest is None:
        raise _unordered("a whole page of records has no date of change")
    after = _moved(newest, -_SECOND)
    stuck = place.after is not None and after <= place.after
    begun = Place(
        after=place.after if stuck else after,
        page=1 if stuck else 0,
        total=look.total if place.total is None else place.total,
        ceiling=_earliest(place.ceiling, _settled(newest, look.now) if look.now else None),
        per_page=place.per_page if stuck else PER_PAGE,
    )
    near_the_present = begun.ceiling is not None and begun.ceiling < after
    return begun if near_the_present else msgspec.structs.replace(begun, ceiling=None), False


def _settled(newest: str, now: str | None) -> str:
    """Give the last second that no record can enter any more; without the shop's time, guess it."""
    return min(_moved(newest, -_SECOND), _moved(now or newest, -SETTLING))


def _earliest(*stamps: str | None) -> str | None:
    return min((stamp for stamp in stamps if stamp), default=None)


def _within_second(place: Place, look: Look) -> Place:
    assert place.after is not None
    if not look.stamps and place.page > 1:  # beyond its end a list says it holds 0
        return msgspec.structs.replace(place, page=1, held=None)
    held = look.total
    if held is None:
        raise _unordered("it does not count its records (X-WP-Total)")
    if place.page > 1 and place.held is not None and held != place.held:
        # Whatever left has moved the rest forward; what still enters a present second may be
        # anywhere in it.
        back = -(-(place.held - held) // place.per_page) if held < place.held else place.page
        return msgspec.structs.replace(place, page=max(1, place.page - back), held=held)
    if place.page * place.per_page < held:
        return msgspec.structs.replace(place, page=place.page + 1, held=held)
    after = _moved(place.after, _SECOND)
    return Place(after, total=place.total, ceiling=place.ceiling)


def _moved(stamp: str, by: timedelta) -> str:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        raise _unordered("a date of change cannot be read") from None
    moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return (moment + by).isoformat(timespec="seconds")


def _unordered(why: str) -> RejectedError:
    return RejectedError(
        f"the shop cannot be read change by change: {why}; WooCommerce 5.8 or later can, "
        "unless a plugin interferes",
        "unordered",
    )
