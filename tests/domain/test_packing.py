"""What a parcel weighs."""

import pytest

from hub.domain.packing import parcel_weight_g
from hub.records.policy import Policy

POLICY = Policy(default_package_g=500, packaging_g=100)


@pytest.mark.parametrize(
    ("units", "grams"),
    [
        ([(3, 200)], 700),
        ([(3, 200), (1, 50)], 750),
        ([(3, 200), (1, None)], 700),  # what has no weight adds none
        ([(1, None)], 500),
        ([(1, 0)], 500),
        ([], 500),
    ],
)
def test_a_parcel_weighs_what_is_in_it_and_its_packaging(
    units: list[tuple[int, int | None]], grams: int
) -> None:
    assert parcel_weight_g(units, POLICY) == grams
