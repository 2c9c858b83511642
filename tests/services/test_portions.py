"""Portions: no job is silent for longer than its lease because a shop has many products."""

from hub.records.catalogue import StockTarget
from hub.services.stock.portions import FAMILIES, MOST, portions


def variations(products: int, each: int) -> list[StockTarget]:
    return [
        StockTarget(external_id=f"{parent}-{n}", parent_external_id=f"{parent}", quantity=1)
        for n in range(each)
        for parent in range(products)
    ]


def test_single_products_go_a_hundred_at_a_time() -> None:
    singles = [StockTarget(external_id=f"{n}", quantity=1) for n in range(250)]
    assert [len(part) for part in portions(singles)] == [MOST, MOST, 50]


def test_a_portion_reaches_into_few_products_and_keeps_their_variations_together() -> None:
    wanted = variations(products=20, each=3)
    parts = list(portions(wanted))
    reached = [{one.parent_external_id for one in part} for part in parts]
    assert max(map(len, reached)) == FAMILIES
    assert sum(map(len, reached)) == 20, "no product is reached for twice"
    assert sorted(one.external_id for part in parts for one in part) == sorted(
        one.external_id for one in wanted
    )


def test_nothing_is_no_portion() -> None:
    assert list(portions([])) == []
