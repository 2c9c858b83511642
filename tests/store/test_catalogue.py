"""Listings and what they sell: mapped by SKU where that is beyond doubt, else left to a person."""

from typing import Any

import pytest

from hub.records.catalogue import Listing, ListingKind, Tracking
from hub.store import tables
from hub.store.catalogue import items_by_listing, land_listings, observe_stock, offers_of, offers_on
from hub.store.connections import get_connection
from hub.store.matching import awaited_by_lines, map_followers, map_new_listings, set_mapping
from hub.store.unit_of_work import Store
from tests.records.order_example import PLACED
from tests.store.shop_rows import add_lines, all_rows, connect, one_row


def listing(external_id: str, sku: str = "TEE", **fields: Any) -> Listing:
    given = {
        "external_id": external_id, "sku": sku, "title": f"Listing {external_id}",
        "tracking": Tracking.COUNTED, "quantity": 5, "updated_at": PLACED,
    }  # fmt: skip
    return Listing(**{**given, **fields})


def land(store: Store, code: str, *listings: Listing) -> list[str]:
    """Land a page; the external ids that were mapped now."""
    with store.unit_of_work() as unit:
        shop = get_connection(unit.connection, code)
        landed = land_listings(unit, shop.id, [(one, one.external_id.encode()) for one in listings])
        mapped = set(map_new_listings(unit, shop, landed))
    return [item.listing.external_id for item in landed if item.id in mapped]


def row(store: Store, external_id: str) -> Any:
    return one_row(store, tables.listing, external_id=external_id)


def items(store: Store, shop: str, *external_ids: str) -> dict[str, str]:
    with store.unit_of_work() as unit:
        return items_by_listing(unit, shop, external_ids)


@pytest.fixture
def master(store: Store) -> str:
    """The first shop: its listings make the variants."""
    return connect(store)


def test_the_stock_master_s_listings_make_variants(store: Store, master: str) -> None:
    mug = listing("2", "MUG", weight_g=300, gtin="4006381333931")
    assert land(store, "NYC", listing("1"), mug) == ["1", "2"]
    variant = one_row(store, tables.variant, sku="MUG")
    assert (variant.weight_g, variant.gtin) == (300, "4006381333931")
    assert row(store, "2").variant_id == variant.id
    assert one_row(store, tables.stock_promise, stock_item_id=variant.stock_item_id).tracked


def test_landing_again_keeps_the_id_and_the_mapping_and_takes_the_rest(
    store: Store, master: str
) -> None:
    land(store, "NYC", listing("1"))
    before = row(store, "1")
    assert land(store, "NYC", listing("1", title="New name", quantity=-3)) == []
    after = row(store, "1")
    assert (after.id, after.variant_id, after.mapping) == (before.id, before.variant_id, "mapped")
    assert (after.title, after.observed_quantity) == ("New name", -3)
    assert len(all_rows(store, tables.variant)) == 1


def test_another_channel_sells_the_same_variant_by_its_sku(store: Store, master: str) -> None:
    lon = connect(store, "LON")
    land(store, "NYC", listing("1"))
    assert land(store, "LON", listing("77")) == ["77"]
    assert row(store, "77").variant_id == row(store, "1").variant_id
    assert items(store, lon, "77") == {"77": one_row(store, tables.variant).stock_item_id}


def test_another_channel_s_unknown_sku_waits_for_a_person(store: Store, master: str) -> None:
    lon = connect(store, "LON")
    assert land(store, "LON", listing("77", "NEW")) == []
    assert (row(store, "77").mapping, row(store, "77").variant_id) == ("unmapped", None)
    assert items(store, lon, "77", "78") == {}
    assert all_rows(store, tables.variant) == []


@pytest.mark.parametrize("pages", [[("1", "2")], [("1",), ("2",)]])
def test_two_listings_of_one_channel_with_one_sku_are_not_guessed_about(
    store: Store, master: str, pages: list[tuple[str, ...]]
) -> None:
    mapped = [one for page in pages for one in land(store, "NYC", *map(listing, page))]
    assert mapped == ["1"]
    assert row(store, "2").mapping == "unmapped"
    assert len(all_rows(store, tables.variant)) == 1


def test_a_listing_without_a_sku_is_named_after_its_channel(store: Store, master: str) -> None:
    land(store, "NYC", listing("1", ""), listing("2", ""))
    assert {variant.sku for variant in all_rows(store, tables.variant)} == {"NYC-1", "NYC-2"}


def test_a_group_is_not_sold_itself(store: Store, master: str) -> None:
    assert land(store, "NYC", listing("1", kind=ListingKind.GROUP)) == []
    assert all_rows(store, tables.variant) == []


def test_variations_whose_parent_counts_sell_from_one_pool(store: Store, master: str) -> None:
    def variation(external_id: str, parent: str) -> Listing:
        return listing(
            external_id, f"TEE-{external_id}", kind=ListingKind.VARIATION,
            parent_external_id=parent, tracking=Tracking.PARENT, quantity=None,
        )  # fmt: skip

    land(store, "NYC", variation("11", "1"), variation("12", "1"), variation("21", "2"))
    land(store, "NYC", variation("13", "1"))
    pools = items(store, master, "11", "12", "13", "21")
    assert pools["11"] == pools["12"] == pools["13"] != pools["21"]
    assert len(all_rows(store, tables.variant)) == 4
    assert len(all_rows(store, tables.stock_promise)) == 2


def test_what_the_shop_does_not_count_is_not_counted_here(store: Store, master: str) -> None:
    land(store, "NYC", listing("1", tracking=Tracking.NOT_TRACKED, quantity=None))
    assert not one_row(store, tables.stock_promise).tracked
    with store.reading() as database:
        assert offers_on(database, master) == []


def test_offers_are_the_counted_mapped_listings(store: Store, master: str) -> None:
    lon = connect(store, "LON")
    land(store, "NYC", listing("1"), listing("2", "MUG"))
    land(store, "LON", listing("77"), listing("78", "UNKNOWN"))
    (tee,) = set(items(store, master, "1").values())
    with store.reading() as database:
        offers = {(offer.connection_id, offer.external_id) for offer in offers_of(database, [tee])}
        assert offers == {(master, "1"), (lon, "77")}
        assert [offer.external_id for offer in offers_on(database, lon)] == ["77"]


def test_a_person_maps_a_listing_and_the_lines_that_wait_for_it_are_found(
    store: Store, master: str
) -> None:
    lon = connect(store, "LON")
    land(store, "NYC", listing("1"))
    land(store, "LON", listing("77", "OTHER"), listing("78", "IDLE"))
    (line,) = add_lines(store, lon, None, 1)
    lines = tables.order_line
    with store.unit_of_work() as unit:
        unit.execute(lines.update().where(lines.c.id == line).values(listing_external_id="77"))
    ids = [row(store, "77").id, row(store, "78").id]
    with store.unit_of_work() as unit:
        mapped = [(listing_id, lon) for listing_id in ids]
        assert awaited_by_lines(unit, mapped) == mapped[:1]
        set_mapping(unit, ids[0], row(store, "1").variant_id)
    assert items(store, lon, "77")["77"] == items(store, master, "1")["1"]


def follow(store: Store, *external_ids: str) -> set[str]:
    """Map what waited for these listings; the external ids that were mapped now."""
    ids = [row(store, one).id for one in external_ids]
    with store.unit_of_work() as unit:
        followers = {listing_id for listing_id, _ in map_followers(unit, ids)}
    return {one.external_id for one in all_rows(store, tables.listing) if one.id in followers}


def test_a_listing_that_came_before_its_variant_follows_it(store: Store, master: str) -> None:
    connect(store, "LON")
    land(store, "LON", listing("77"), listing("78", "OTHER"))
    land(store, "NYC", listing("1"))
    assert follow(store, "1") == {"77"}
    assert row(store, "77").variant_id == row(store, "1").variant_id
    assert row(store, "78").variant_id is None
    assert follow(store, "1") == set()


def test_two_that_came_before_their_variant_are_left_to_a_person(store: Store, master: str) -> None:
    connect(store, "LON")
    land(store, "LON", listing("77"), listing("78"))
    land(store, "NYC", listing("1"))
    assert follow(store, "1") == set()


def test_what_a_channel_shows_is_noted(store: Store, master: str) -> None:
    land(store, "NYC", listing("1"), listing("2", "MUG"))
    with store.unit_of_work() as unit:
        observe_stock(unit, master, {"1": 3, "2": None, "gone": 9})
    assert (row(store, "1").observed_quantity, row(store, "2").observed_quantity) == (3, None)


GTIN = "4006381333931"


def test_a_listing_whose_sku_nobody_has_is_named_by_its_gtin(store: Store, master: str) -> None:
    connect(store, "LON")
    land(store, "NYC", listing("1", "MUG", gtin=GTIN))
    assert land(store, "LON", listing("77", "BECHER", gtin=f"0{GTIN}")) == ["77"]
    assert row(store, "77").variant_id == row(store, "1").variant_id
    (kept,) = all_rows(store, tables.decision, kind="mapping")
    assert (kept.subject_id, kept.document["sku"]) == (row(store, "77").id, "MUG")


def test_a_gtin_that_several_have_or_that_is_none_names_nobody(store: Store, master: str) -> None:
    connect(store, "LON")
    land(store, "NYC", listing("1", "MUG", gtin=GTIN), listing("2", "CUP", gtin=GTIN))
    land(store, "NYC", listing("3", "CAP", gtin="4006381333932"))
    twice = listing("77", "X", gtin=GTIN)
    assert land(store, "LON", twice, listing("78", "Y", gtin="4006381333932")) == []
