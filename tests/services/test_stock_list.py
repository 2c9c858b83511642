"""Reading lists of stock, as people's spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.services.stock.stock_list import StockListError, read_stock_list


def test_columns_may_come_in_any_order_and_be_parted_by_any_of_three_marks() -> None:
    for mark in ",;\t":
        text = f"Bin{mark}QUANTITY{mark}sku\nA-1{mark}7{mark}TEE\n\n{mark}{mark}\n"
        (row,) = read_stock_list(text)
        assert (row.line, row.sku, row.quantity, row.change, row.bin) == (2, "TEE", 7, None, "A-1")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",3,", "no sku"), ("TEE,,", "quantity or a change"), ("TEE,3,4", "not both"),
        ("TEE,-3,", "no number"), ("TEE,3.5,", "no number"), ("TEE,99999999999,", "no number"),
        ("TEE,,1e3", "no number"), ("TEE,,--1", "no number"), ("TEE,٣,", "no number"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_says_why(line: str, problem: str) -> None:
    (row,) = read_stock_list(f"sku,quantity,change\n{line}\n")
    assert problem in row.problem


def test_a_variant_stands_once_at_a_place() -> None:
    rows = read_stock_list("sku,location,change\nTEE,,+1\nTEE,EAST,-2\nTEE,,3\n")
    assert [(row.change, bool(row.problem)) for row in rows] == [
        (1, False),
        (-2, False),
        (None, True),
    ]


@pytest.mark.parametrize("text", ["", "TEE,3\n", "sku\nTEE\n", "sku,quantity,price\nTEE,3,9\n"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(StockListError, match="the first row must name"):
        read_stock_list(text)


@given(st.text(max_size=200))
def test_no_text_is_a_fault(text: str) -> None:
    try:
        rows = read_stock_list("sku,quantity\n" + text)
    except StockListError:
        return
    assert all(row.problem or row.quantity is not None for row in rows)
