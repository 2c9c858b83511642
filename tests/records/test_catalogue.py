"""Listings: what a shop may show."""

import pytest
from pydantic import ValidationError

from hub.records.catalogue import ObservedStock


@pytest.mark.parametrize("quantity", [None, 0, -3, 999_999_999, 10**9])
def test_a_shop_may_show_nothing_less_than_nothing_and_a_long_row_of_nines(
    quantity: int | None,
) -> None:
    assert ObservedStock(external_id="1", quantity=quantity).quantity == quantity


@pytest.mark.parametrize("quantity", [10**9 + 1, -(10**9) - 1, 10**30, 1.5, "3"])
def test_a_quantity_beyond_the_database_s_integers_is_refused(quantity: object) -> None:
    with pytest.raises(ValidationError):
        ObservedStock.model_validate({"external_id": "1", "quantity": quantity})
