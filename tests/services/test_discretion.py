"""A vendor's sentence is kept without the person it names."""

from hub.records.address import Party
from hub.records.shipment import LabelRequest, Package
from hub.services.effects.discretion import without_people

REQUEST = LabelRequest(
    reference="NYC-1001",
    ship_to=Party(name="Quillon Vexworthy", street=("77 Zephyrine Crescent",), city="Albany",
                  country="US", email="q@vex.example", phone="5550199773"),
    ship_from=Party(company="Hub", city="Troy", country="US"),
    package=Package(weight_g=500),
)  # fmt: skip


def test_a_refusal_that_repeats_the_address_names_nobody() -> None:
    said = (
        "422: VEXWORTHY, 77 zephyrine crescent, Albany cannot be served; we asked "
        "q@vex.example and 5550199773 about NYC-1001"
    )
    kept = without_people(said, REQUEST)
    for personal in ("vexworthy", "zephyrine", "q@vex", "5550199773"):
        assert personal not in kept.lower()
    assert "cannot be served" in kept
    assert "NYC-1001" in kept and "Albany" in kept


def test_a_request_about_nobody_leaves_the_sentence_as_it_is() -> None:
    assert without_people("no such service", Package(weight_g=1)) == "no such service"
