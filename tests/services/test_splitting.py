"""An order split below itself: its units leave in parcels of their own, the order stays one."""

import pytest

from hub.sdk import NotSentError
from hub.services.orders.splitting import SplitRefusedError, set_shipping, split_order
from hub.store import tables
from hub.store.unit_of_work import Store
from tests.services.merchant import Merchant
from tests.store.conftest import SettableClock
from tests.store.shop_rows import all_rows


@pytest.fixture
def merchant(sqlite_store: Store, clock: SettableClock) -> Merchant:
    merchant = Merchant(sqlite_store, clock)
    merchant.carrier.trouble = NotSentError("away")
    return merchant


def test_units_get_a_parcel_of_their_own_and_nothing_else_moves(merchant: Merchant) -> None:
    merchant.says(lines={"1": 2, "2": 1})
    free = merchant.free()
    split_order(merchant.hub, merchant.order().id, {"TEE": 1}, "ada")
    merchant.later(hours=1)
    assert merchant.labels() == ["L1", "L2"] and merchant.free() == free
    parcels = all_rows(merchant.store, tables.shipment, state="label_purchased")
    units = [
        sorted(row.quantity for row in all_rows(merchant.store, tables.shipment_line,
                                                shipment_id=parcel.id))
        for parcel in parcels
    ]  # fmt: skip
    assert sorted(units) == [[1], [1, 1]]
    assert {key: line.allocated for key, line in merchant.lines().items()} == {"1": 2, "2": 1}


def test_what_is_labelled_or_all_there_is_cannot_be_split(merchant: Merchant) -> None:
    merchant.says(lines={"1": 2})
    with pytest.raises(SplitRefusedError, match="that is all of its parcel"):
        split_order(merchant.hub, merchant.order().id, {"TEE": 2}, "ada")
    with pytest.raises(SplitRefusedError, match="has 2 of TEE that have a place, not 3"):
        split_order(merchant.hub, merchant.order().id, {"TEE": 3}, "ada")
    merchant.later(hours=1)
    with pytest.raises(SplitRefusedError, match="waits for its label"):
        split_order(merchant.hub, merchant.order().id, {"TEE": 1}, "ada")


def test_what_is_there_goes_first_when_the_order_says_so(merchant: Merchant) -> None:
    merchant.carrier.trouble = None
    merchant.says(lines={"1": 2, "2": 9})
    assert merchant.labels() == []
    assert set_shipping(merchant.hub, merchant.order().id, "available")
    merchant.run()
    assert merchant.labels() == ["L1"]
    assert {key: line.allocated for key, line in merchant.lines().items()} == {"1": 2, "2": 0}
