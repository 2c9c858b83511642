"""Reorder rules: levels from demand and lead time, quantities on the pack, and what never is."""

from math import ceil, sqrt
from random import Random
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.reorder import Planner, Terms, best_quantity, on_pack, price_at, settings_for
from hub.domain.reorder.demand import NEW, RARE, estimate
from hub.domain.reorder.plan import Need, Offer, UnknownRuleError
from hub.domain.reorder.quantity import keeping
from hub.domain.reorder.rules import days_of_cover, min_max, service_level
from hub.records.reorder import (
    ReorderChoice,
    ReorderFacts,
    ReorderLevels,
    ReorderPolicy,
    ReorderSettings,
)

STEADY = ReorderFacts(730, 1460 + 730, 365, 365, 0, lead_days=10, lead_deviation=2)
"""Two a day on average, with a variance of two."""


def need(position: int = 0, **known: int | str) -> Need:
    about = {
        "variant_id": "v", "stock_item_id": "i", "sku": "TEE", "location_id": "main",
        "location": "MAIN", "position": position, "units": 730, "squares": 2190,
        "sales_days": 365, "observed_days": 365, "out_days": 0,
    }  # fmt: skip
    return Need(**{**about, **known})  # type: ignore[arg-type]


def offer(supplier: str = "ACME", *prices: tuple[int, str], **asked: object) -> Offer:
    breaks = prices or ((1, "10"),)
    terms = Terms(int(str(asked.pop("moq", 1))), int(str(asked.pop("pack", 1))),
                  tuple((units, float(price)) for units, price in breaks))  # fmt: skip
    given = {"rate": 1.0, "order_cost": 0.0, "lead_days": 10.0, "lead_deviation": 2.0,
             "fill_rate": 1.0, "primary": False, **asked}  # fmt: skip
    return Offer(f"{supplier}-TEE", supplier, "USD", breaks, terms, **given)  # type: ignore[arg-type]


# --- the levels -------------------------------------------------------------------------------


def test_the_service_level_point_is_the_closed_form_of_the_textbook() -> None:
    mean, variance = 730 / 365, (2190 - 730 * 2) / 364
    spread = sqrt(11 * variance + (mean * 2) ** 2)
    point = ceil(mean * 11 + NormalDist().inv_cdf(0.95) * spread)
    answer = service_level(STEADY, ReorderSettings())
    assert (answer.reorder_point, answer.order_up_to) == (point, point + ceil(mean * 14))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_a_simulated_wait_ends_without_a_stock_out_as_often_as_was_asked(level: float) -> None:
    random = Random(7)
    facts = ReorderFacts(36_500, 36_500 * 100 + 365 * 900, 365, 365, 0, 10, 2)
    asked = ReorderSettings(service_level=level, review_days=0)
    point = service_level(facts, asked).reorder_point
    runs = 20_000
    held = 0
    for _ in range(runs):
        days = random.gauss(10, 2)
        held += random.gauss(100 * days, 30 * sqrt(max(days, 0))) <= point
    assert held / runs == pytest.approx(level, abs=0.012)


def test_days_of_cover_adds_up_days() -> None:
    answer = days_of_cover(STEADY, ReorderSettings(cover_days=30, safety_days=7, review_days=1))
    assert (answer.reorder_point, answer.order_up_to) == (2 * 18, 2 * 18 + 60)


def test_min_max_is_what_a_person_set_and_otherwise_only_what_is_owed() -> None:
    assert min_max(STEADY, ReorderSettings(minimum=5, maximum=20))[:2] == (5, 20)
    assert min_max(STEADY, ReorderSettings())[:2] == (-1, 0)


@pytest.mark.parametrize("rule", [days_of_cover, service_level])
def test_what_was_never_sold_is_bought_only_for_whom_it_is_owed(rule: object) -> None:
    silent = STEADY._replace(units=0, squares=0, sales_days=0)
    assert rule(silent, ReorderSettings())[:2] == (-1, 0)  # type: ignore[operator]


def test_growth_raises_both_levels_in_proportion() -> None:
    grown = ReorderSettings(growth=0.5, safety_days=0, review_days=0, cover_days=10)
    assert days_of_cover(STEADY, grown)[:2] == (30, 60)


def test_days_without_stock_are_missing_and_not_zero() -> None:
    whole = STEADY._replace(observed_days=365)
    half = STEADY._replace(observed_days=183, out_days=182)
    assert estimate(half, ReorderSettings()).mean == pytest.approx(730 / 183)
    assert estimate(half, ReorderSettings()).mean > estimate(whole, ReorderSettings()).mean


def test_a_new_item_is_spread_over_the_least_history_and_says_so() -> None:
    lucky = ReorderFacts(14, 196, 1, 1, 0, 10, 2)
    found = estimate(lucky, ReorderSettings())
    assert (found.mean, found.note) == (14 / 28, NEW)


def test_rare_sales_are_named_and_one_usual_sale_is_kept() -> None:
    rare = ReorderFacts(120, 1440, 10, 365, 0, 1, 0)
    found = estimate(rare, ReorderSettings())
    assert (found.usual_sale, found.note) == (12, RARE)
    assert service_level(rare, ReorderSettings(service_level=0.51)).reorder_point >= 12


# --- the quantity -----------------------------------------------------------------------------

TERMS = st.builds(
    lambda moq, pack, steps, first: Terms(
        moq, pack, tuple((1 + 37 * at, first * 0.9**at) for at in range(steps))
    ),
    st.integers(1, 200), st.integers(1, 48), st.integers(1, 4), st.floats(0.5, 50),
)  # fmt: skip


@settings(max_examples=60)
@given(TERMS, st.integers(1, 500), st.floats(0, 20), st.floats(0, 2))
def test_a_quantity_is_sold_covers_the_need_and_costs_least(
    terms: Terms, missing: int, daily: float, rate: float
) -> None:
    quantity = best_quantity(missing, terms, daily, rate)
    assert quantity >= max(missing, terms.moq) and quantity % terms.pack == 0

    def cost(units: int) -> float:
        kept = terms.breaks[0][1] * keeping(units - missing, daily, rate)
        return missing * price_at(units, terms) + kept

    sold = range(on_pack(missing, terms), 700 + terms.pack, terms.pack)
    assert cost(quantity) == pytest.approx(min(map(cost, sold)))


@settings(max_examples=200)
@given(TERMS, st.integers(1, 400), st.integers(0, 200), st.floats(0, 20), st.floats(0, 2))
def test_a_greater_need_never_buys_less(
    terms: Terms, missing: int, more: int, daily: float, rate: float
) -> None:
    less = best_quantity(missing, terms, daily, rate)
    assert less <= best_quantity(missing + more, terms, daily, rate)


def test_a_price_break_is_taken_when_it_pays_for_its_keeping() -> None:
    terms = Terms(1, 1, ((1, 10.0), (100, 9.0)))
    assert best_quantity(90, terms, daily=5, holding_rate=0.25) == 100
    assert best_quantity(20, terms, daily=0.05, holding_rate=0.25) == 20


# --- one item ---------------------------------------------------------------------------------

OFFERS = st.lists(
    st.builds(
        lambda name, moq, pack, price, lead: offer(
            name, (1, f"{price:.2f}"), (60, f"{price * 0.9:.2f}"),
            moq=moq, pack=pack, lead_days=lead,
        ),
        st.sampled_from("ABC"), st.integers(1, 150), st.integers(1, 24), st.floats(1, 30),
        st.floats(0, 60),
    ),
    min_size=1, max_size=3, unique_by=lambda one: one.supplier,
)  # fmt: skip
RULES = st.sampled_from(
    [
        ReorderSettings(), ReorderSettings(rule="days_of_cover"),
        ReorderSettings(rule="min_max", minimum=20, maximum=70),
    ]
)  # fmt: skip


@settings(max_examples=200)
@given(OFFERS, RULES, st.integers(-50, 400), st.integers(0, 300), st.integers(0, 2000))
def test_more_stock_never_raises_a_proposal_nor_is_it_off_the_pack(
    offers: list[Offer], chosen: ReorderSettings, position: int, more: int, units: int
) -> None:
    planner = Planner(ReorderPolicy(defaults=chosen))
    sold = {"units": units, "squares": units * 4, "sales_days": min(units, 300)}
    poor = planner.answer(need(position, **sold), offers)
    rich = planner.answer(need(position + more, **sold), offers)
    assert (rich.quantity if rich else 0) <= (poor.quantity if poor else 0)
    for answer in (poor, rich):
        if answer:
            terms = answer.offer.terms
            assert answer.quantity > 0 and answer.quantity % terms.pack == 0
            assert answer.quantity >= terms.moq
            assert answer.need.position + answer.quantity >= answer.levels.order_up_to


def test_a_reckless_rule_of_a_plugin_cannot_see_the_stock_either() -> None:
    def greedy(facts: ReorderFacts, settings: ReorderSettings) -> ReorderLevels:
        return ReorderLevels(10, 30, "thirty")

    planner = Planner(ReorderPolicy(defaults=ReorderSettings(rule="thirty")), {"thirty": greedy})
    bought = [planner.answer(need(position), [offer()]) for position in (-5, 0, 10, 11, 99)]
    assert [one and one.quantity for one in bought] == [35, 30, 20, None, None]


def test_a_rule_nobody_brings_is_named_before_anything_is_planned() -> None:
    with pytest.raises(UnknownRuleError, match="crystal_ball"):
        Planner(ReorderPolicy(defaults=ReorderSettings(rule="crystal_ball")))


def test_the_supplier_with_the_cheapest_year_is_taken_and_the_others_are_named() -> None:
    slow = offer("SLOW", (1, "9.90"), lead_days=60.0, lead_deviation=30.0)
    planner = Planner(ReorderPolicy())
    answer = planner.answer(need(), [offer("NEAR"), slow, offer("FAR", (1, "1"), rate=None)])
    assert answer is not None and answer.offer.supplier == "NEAR"
    assert [name for name, _ in answer.candidates] == ["NEAR", "SLOW", "FAR"]
    assert answer.candidates[2] == ("FAR", "no rate for USD")
    primary = offer("SLOW", primary=True)
    taken = planner.answer(need(), [offer("NEAR", (1, "1")), primary])
    assert taken is not None and taken.offer is primary


def test_a_supplier_that_delivers_half_must_be_so_much_cheaper() -> None:
    planner = Planner(ReorderPolicy(shortage_share=0.5))
    half = offer("HALF", (1, "9"), fill_rate=0.5)
    answer = planner.answer(need(), [half, offer("FULL")])
    assert answer is not None and answer.offer.supplier == "FULL"


def test_the_first_choice_that_fits_holds() -> None:
    mugs = ReorderChoice(name="mugs", sku="MUG-*", settings=ReorderSettings(cover_days=1))
    north = ReorderChoice(name="north", location="N*", settings=ReorderSettings(cover_days=2))
    policy = ReorderPolicy(choices=(mugs, north))
    assert settings_for(policy, "MUG-1", "A", "NORTH")[0] == "mugs"
    assert settings_for(policy, "TEE-1", "A", "NORTH")[0] == "north"
    assert settings_for(policy, "TEE.1", "A", "SOUTH")[0] == "defaults"
    assert settings_for(policy, "XMUG-1", "A", "SOUTH")[0] == "defaults"
