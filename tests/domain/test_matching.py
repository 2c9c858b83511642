"""Proposals for listings that no key names: what speaks for each is counted and told."""

import pytest

from hub.domain.matching import Known, Shelf, Shown, gtin_key

SHELF = Shelf(
    [
        Known("TEE-S", "Organic T-shirt, S", "4006381333931"),
        Known("TEE-M", "Organic T-shirt, M"),
        Known("TEE-L", "Organic T-shirt, L"),
        Known("MUG-SET", "Set of six mugs"),
    ]
)


@pytest.mark.parametrize(
    ("shown", "best", "reason"),
    [
        (Shown("other", "Shirt", "04006381333931"), "TEE-S", "the GTIN is the same"),
        (Shown("tee_m", "Shirt"), "TEE-M", "differs in signs and case only"),
        (Shown("", "Organic T-shirt, L"), "TEE-L", "the titles share 4 of 4 words"),
        (Shown("", "Six mugs, set of"), "MUG-SET", "the titles share 4 of 4 words"),
    ],
)
def test_the_best_proposal_says_why(shown: Shown, best: str, reason: str) -> None:
    (first, *_) = SHELF.proposals(shown)
    assert first.sku == best and reason in " ".join(first.reasons)


def test_a_title_of_another_size_counts_for_half() -> None:
    first, *others = SHELF.proposals(Shown("", "Organic T-shirt, M"))
    assert first.sku == "TEE-M"
    assert all(one.score < first.score / 2 + 5 for one in others)


def test_nothing_in_common_proposes_nothing() -> None:
    assert SHELF.proposals(Shown("X", "Garden hose")) == ()


def test_what_the_channel_sells_already_is_not_proposed_again() -> None:
    assert SHELF.proposals(Shown("tee-m", "x"), taken={"TEE-M"}) == ()


def test_siblings_speak_for_their_family() -> None:
    alone, *_ = SHELF.proposals(Shown("", "T-shirt organic M"))
    helped, *_ = SHELF.proposals(Shown("", "T-shirt organic M", siblings=("TEE-S",)))
    assert helped.score > alone.score and "siblings" in " ".join(helped.reasons)


def test_the_same_listing_gets_the_same_proposals_in_whatever_order_variants_come() -> None:
    known = [Known(f"A-{i}", "Blue kettle") for i in range(5)]
    shown = Shown("", "Blue kettle")
    assert Shelf(known).proposals(shown) == Shelf(reversed(known)).proposals(shown)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("4006381333931", "4006381333931"),
        ("04006381333931", "4006381333931"),
        ("4006381333932", ""),
        ("12345", ""),
        ("n/a", ""),
        ("", ""),
        ("73513537", "73513537"),
    ],
)
def test_only_a_number_with_its_check_digit_is_a_key(text: str, key: str) -> None:
    assert gtin_key(text) == key
