"""Locations: the places that keep stock, and the bins in them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hub.records.stock import Location, LocationKind, LocationState
from hub.services.context import Hub
from hub.services.work import owe
from hub.store import tables
from hub.store.bins import keep_in, set_walk
from hub.store.ids import new_id
from hub.store.stock_names import StockRefusedError, UnknownItemError, item_of, location_of
from hub.store.unit_of_work import Unit

_place = tables.location


def add_location(
    hub: Hub, code: str, title: str, country: str, priority: int = 100, **more: str
) -> str:
    """Add a place that keeps stock; the same code again only changes its particulars.

    `more` are its address, `kind` and `state`.
    """
    kind = LocationKind(more.pop("kind", LocationKind.WAREHOUSE))
    state = LocationState(more.pop("state", LocationState.ACTIVE))
    location = Location(
        id=new_id(), code=code, title=title, kind=kind, state=state, country=country,
        priority=priority,
    )  # fmt: skip
    values: dict[str, Any] = {
        "title": location.title, "country": country, "priority": priority, "kind": kind.value,
        "state": state.value, **more,
    }  # fmt: skip
    with hub.store.unit_of_work() as unit:
        known = unit.execute(select(_place.c.id).where(_place.c.code == code)).scalar()
        if known is None:
            unit.execute(_place.insert().values(id=location.id, code=code, **values))
            return location.id
        if state == LocationState.CLOSED:
            _check_empty(unit, str(known), code)
        unit.execute(_place.update().where(_place.c.id == known).values(**values))
        owe(unit, "reserve_waiting", "")  # it may ship now what it could not
        return str(known)


def _check_empty(unit: Unit, location_id: str, code: str) -> None:
    level = tables.stock_level
    left = select(level.c.stock_item_id).where(
        level.c.location_id == location_id, level.c.on_hand != 0
    )
    if unit.execute(left.limit(1)).first() is not None:
        raise StockRefusedError(
            f"{code} still keeps units: set it to draining, transfer them, then close it"
        )


def put_in_bin(hub: Hub, location: str, sku: str, bin_code: str) -> None:
    """Say in which bin of a location a variant lies. Raises `UnknownItemError`."""
    with hub.store.unit_of_work() as unit:
        place = location_of(unit.connection, location)
        keep_in(unit, item_of(unit.connection, sku), place, bin_code)


def order_bins(hub: Hub, location: str, codes: Sequence[str]) -> None:
    """Say in which order a picker passes the bins of a location; others come after these.

    Raises `UnknownItemError` for a bin that nothing was ever put in.
    """
    bins = tables.bin
    with hub.store.unit_of_work() as unit:
        place = location_of(unit.connection, location)
        known = set(unit.execute(select(bins.c.code).where(bins.c.location_id == place)).scalars())
        if missing := [code for code in codes if code not in known]:
            raise UnknownItemError(f"{location} has no bin {', '.join(missing)}")
        set_walk(unit, place, list(dict.fromkeys(codes)))
