"""Listings mapped by explicit keys, by a person, and what waited for that."""

import pytest

from hub.services.vendors.listing_mapping import map_listing_to
from hub.store import tables
from hub.store.stock_names import UnknownItemError
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import one_row


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    return Merchant(sqlite_store, clock)


def test_one_command_maps_a_listing_and_its_waiting_lines_go_on(merchant: Merchant) -> None:
    with merchant.store.unit_of_work() as unit:
        unit.execute(
            tables.listing.update()
            .where(tables.listing.c.external_id == "p2")
            .values(variant_id=None, mapping="unmapped")
        )
    merchant.says(lines={"2": 1})
    assert merchant.order().phase == "mapping_needed"
    assert map_listing_to(merchant.hub, "NYC:p2", "p2", "ada")
    merchant.run()
    assert merchant.labels() == ["L1"]
    (kept,) = merchant.decisions("mapping")
    assert (kept["sku"], kept["by"]) == ("p2", "ada")


def test_a_mapping_may_be_moved_and_says_from_where(merchant: Merchant) -> None:
    assert map_listing_to(merchant.hub, "NYC:p2", "p1", "ada")
    assert not map_listing_to(merchant.hub, "NYC:p2", "p1", "ada")
    merchant.run()
    assert merchant.decisions("mapping")[0]["from"] == "p2"
    row = one_row(merchant.store, tables.listing, external_id="p2")
    assert row.variant_id == one_row(merchant.store, tables.variant, sku="p1").id


def test_what_is_not_there_changes_nothing(merchant: Merchant) -> None:
    for name, sku in (("NYC:ghost", "p1"), ("NYC:p1", "ghost")):
        with pytest.raises(UnknownItemError):
            map_listing_to(merchant.hub, name, sku, "ada")
    assert merchant.decisions("mapping") == []
