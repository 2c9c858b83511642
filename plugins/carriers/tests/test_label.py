"""The printed label: read back as text, rendered, and scanned by a reader that is not ours."""

from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.Image import Image
from pypdf import PdfReader

from hub.sdk import LabelRequest, Package, Party, RejectedError
from hub_carriers.flatrate import parcel_id
from hub_carriers.flatrate.label import draw_label

SENDER = Party(
    name="Depot", street=("12 Long Lane",), city="New York", region="NY", postal_code="10001",
    country="US",
)  # fmt: skip
POLE = Party(
    name="Łukasz Żółć", street=("ul. Świętokrzyska 14",), city="Łódź", postal_code="90-001",
    country="PL",
)  # fmt: skip
GREEK = Party(name="Ελένη Ιωάννου", street=("Οδός 3",), city="Αθήνα", country="GR")
BULGARIAN = Party(name="Иван Петров", street=("бул. Витоша 1",), city="София", country="BG")
JAPANESE = Party(name="山田太郎", street=("丸の内1丁目9-1",), city="千代田区", country="JP")
KOREAN = Party(name="김철수", street=("세종대로 110",), city="서울", country="KR")
ARAB = Party(name="محمد عبد الله", street=("شارع الملك فهد 12",), city="الرياض", country="SA")
ANYONE = [POLE, GREEK, BULGARIAN, JAPANESE, KOREAN, ARAB]


def drawn(ship_to: Party, reference: str = "NYC-1001") -> bytes:
    request = LabelRequest(
        reference=reference, ship_from=SENDER, ship_to=ship_to, package=Package(weight_g=850)
    )
    return draw_label(request, parcel="P1234567890ABC", carrier="Van", service="Standard")


def text(document: bytes) -> list[str]:
    return str(PdfReader(BytesIO(document)).pages[0].extract_text()).splitlines()


def picture(document: bytes, dots_per_inch: int) -> Image:
    return pypdfium2.PdfDocument(document)[0].render(scale=dots_per_inch / 72).to_pil()


def scanned(document: bytes, dots_per_inch: int = 203) -> dict[str, str]:
    found = zxingcpp.read_barcodes(picture(document, dots_per_inch))
    return {str(code.format): code.text for code in found}


def ink(document: bytes, top: float, bottom: float) -> int:
    """Count the dark dots between two heights, given as parts of the page."""
    page = picture(document, 100).convert("L")
    band = page.crop((0, int(page.height * top), page.width, int(page.height * bottom)))
    return sum(band.histogram()[:128])


def test_the_page_is_100_by_150_millimetres() -> None:
    box = PdfReader(BytesIO(drawn(POLE))).pages[0].mediabox
    assert [round(float(side) / 72 * 25.4, 1) for side in (box.width, box.height)] == [100, 150]


def test_the_label_says_all_that_a_courier_needs() -> None:
    said = text(drawn(POLE))
    assert said == [
        "Van", "Standard",
        "Depot", "12 Long Lane", "New York NY 10001", "UNITED STATES",
        "Łukasz Żółć", "ul. Świętokrzyska 14", "90-001 Łódź", "POLAND",
        "Order NYC-1001", "Weight 0.850 kg", "P1234567890ABC", "This parcel is not tracked.",
    ]  # fmt: skip


@pytest.mark.parametrize("dots_per_inch", [203, 300, 600])
@pytest.mark.parametrize("ship_to", ANYONE, ids=lambda party: party.country)
def test_both_codes_scan_at_the_resolution_of_a_label_printer(
    ship_to: Party, dots_per_inch: int
) -> None:
    codes = scanned(drawn(ship_to), dots_per_inch)
    assert codes["Code 128"] == "P1234567890ABC"
    assert codes["QR Code"].split("\n")[:3] == ["P1234567890ABC", "NYC-1001", ship_to.name]


@pytest.mark.parametrize("key", [f"label:{number}:1" for number in range(20)])
def test_every_parcel_number_scans(key: str) -> None:
    request = LabelRequest(
        reference="1", ship_from=SENDER, ship_to=POLE, package=Package(weight_g=1)
    )
    document = draw_label(request, parcel=parcel_id(key), carrier="Van", service="S")
    assert scanned(document)["Code 128"] == parcel_id(key)


@pytest.mark.parametrize("ship_to", [POLE, GREEK, BULGARIAN], ids=lambda party: party.country)
def test_latin_greek_and_cyrillic_are_printed_as_they_are(ship_to: Party) -> None:
    said = text(drawn(ship_to))
    assert ship_to.name in said
    assert not any(line.startswith("≈") for line in said)


@pytest.mark.parametrize(
    ("ship_to", "respelt"), [(JAPANESE, "≈ ShanTianTaiLang"), (KOREAN, "≈ GimCheolSu")]
)
def test_east_asian_lines_are_followed_by_one_that_prints_everywhere(
    ship_to: Party, respelt: str
) -> None:
    said = text(drawn(ship_to))
    assert said[said.index(ship_to.name) + 1] == respelt


def test_arabic_is_respelt_and_marked() -> None:
    assert "≈ mhmd `bd llh" in text(drawn(ARAB))


@pytest.mark.parametrize("ship_to", ANYONE, ids=lambda party: party.country)
def test_the_recipient_is_never_blank_even_where_the_printer_has_no_such_font(
    ship_to: Party,
) -> None:
    nobody = Party(name="", country=ship_to.country)
    assert ink(drawn(ship_to), 0.22, 0.5) > ink(drawn(nobody), 0.22, 0.5) + 500


def test_a_long_address_is_printed_smaller_but_whole() -> None:
    long = POLE.model_copy(update={"name": "Brzęczyszczykiewicz " * 12, "company": "Spółka " * 20})
    said = " ".join(" ".join(text(drawn(long))).split())
    assert said.count("Brzęczyszczykiewicz") == 12 and said.count("Spółka") == 20


def test_an_address_too_long_to_read_is_refused_and_not_cut() -> None:
    endless = POLE.model_copy(update={"street": ("Street without end " * 20,) * 20})
    with pytest.raises(RejectedError, match="too long for a label"):
        drawn(endless)


def test_an_address_too_long_for_the_qr_code_leaves_the_parcel_number_in_it() -> None:
    long = ARAB.model_copy(update={"company": "شركة " * 60})
    assert scanned(drawn(long))["QR Code"] == "P1234567890ABC"


@pytest.mark.parametrize(
    "odd", ["\x07bell\ttab", "a\u200fb\u2067c", "e\u0301", "🚀", "𠮷野", "\ue000"]
)
def test_odd_letters_neither_break_the_label_nor_leave_a_hole(odd: str) -> None:
    said = text(drawn(POLE.model_copy(update={"name": odd})))
    assert said[6] in {"bell tab", "abc", "é", "≈ :rocket:", "≈ KichiYe", "≈ ?"}


@settings(max_examples=60, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_any_name_at_all_gives_a_label_twice_the_same(name: str) -> None:
    party: dict[str, Any] = {"name": name}
    assert drawn(POLE.model_copy(update=party)) == drawn(POLE.model_copy(update=party))


def test_the_file_does_not_say_when_it_was_drawn() -> None:
    about = PdfReader(BytesIO(drawn(POLE))).metadata
    assert about is not None and about.creation_date is not None
    assert about.creation_date.year == 2000
