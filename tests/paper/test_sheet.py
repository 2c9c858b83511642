"""What is printed: nothing is cut, everything that is to be scanned can be."""

import pypdfium2
import pytest
import zxingcpp

from hub.paper.floor import Packed, packing_slip, scannable
from hub.paper.sheet import Barcode, Column, Sheet, draw
from hub.records.address import Party

COLUMNS = (Column("what", 3), Column("units", 1, right=True), Column("scan", 3))


def text_of(document: bytes) -> list[str]:
    pages = pypdfium2.PdfDocument(document)
    return [page.get_textpage().get_text_bounded() for page in pages]


def test_a_long_table_goes_on_on_the_next_page_with_its_titles() -> None:
    rows = tuple((f"row {at}", str(at), Barcode(f"SKU-{at}")) for at in range(40))
    pages = text_of(draw([Sheet("Long", columns=COLUMNS, rows=rows)]))
    assert len(pages) > 2
    assert all("units" in page for page in pages)
    assert [at for at in range(40) if any(f"row {at}" in page for page in pages)] == [*range(40)]


def test_every_bar_code_is_read_from_the_printed_page() -> None:
    rows = tuple((f"row {at}", "1", Barcode(f"SKU-{at:03}")) for at in range(8))
    document = draw([Sheet("Codes", code="B-1001", columns=COLUMNS, rows=rows)])
    page = pypdfium2.PdfDocument(document)[0]
    found = {code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())}
    assert found == {"B-1001", *(f"SKU-{at:03}" for at in range(8))}


def test_a_text_wider_than_its_column_is_wrapped_and_whole() -> None:
    words = " ".join(f"word{at}" for at in range(30))
    (page,) = text_of(draw([Sheet("Wrapped", columns=COLUMNS, rows=((words, "1", ""),))]))
    assert all(f"word{at}" in page for at in range(30))


@pytest.mark.parametrize("text", ["", "Größe-42", "x" * 25, "tab\there"])
def test_what_no_scanner_could_read_is_printed_as_it_is(text: str) -> None:
    assert scannable(text) == text


def test_a_packing_slip_names_who_gets_it_and_every_unit() -> None:
    receiver = Party(name="Ζωή Παπαδοπούλου", street=("Οδός 5",), city="Αθήνα", country="GR")
    lines = [Packed("HB-250", "Coffee, 250 g", 2), Packed("TEE", "Shirt 漢字", 1)]
    (page,) = text_of(packing_slip("NYC-1001", receiver, lines))
    for wanted in ("Ζωή Παπαδοπούλου", "Αθήνα", "HB-250", "Coffee, 250 g", "TEE"):
        assert wanted in page


def test_a_sheet_for_an_erased_person_is_still_a_sheet() -> None:
    (page,) = text_of(packing_slip("NYC-1001", None, [Packed("HB-250", "Coffee", 1)], "letter"))
    assert "HB-250" in page
