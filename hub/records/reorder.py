"""What reorder rules see and answer, and the policy that chooses among them."""

from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from hub.records.base import Quantity, Record, Text, Word
from hub.records.money import Currency
from hub.records.purchase import Days


class ReorderFacts(NamedTuple):
    """What a rule may look at, of one stock item at one location with one supplier.

    Not the stock: a rule answers two levels, and what is there is compared with them afterwards.
    So more stock can never raise a proposal, whatever a rule does.
    """

    units: int
    """Sold on observed days."""
    squares: int
    """Sum of the squares of the units sold on each observed day."""
    sales_days: int
    """Observed days on which something was sold."""
    observed_days: int
    """Days on which it could be bought: days without stock are missing data, not zeros."""
    out_days: int
    """Days left out because there was none to sell."""
    lead_days: float
    lead_deviation: float
    """Standard deviation of the lead time, in days."""


class ReorderLevels(NamedTuple):
    """A rule's answer: at or below the first, buy up to the second."""

    reorder_point: int
    order_up_to: int
    formula: str
    numbers: tuple[tuple[str, float], ...] = ()
    """What the formula was filled with."""
    note: str = ""
    """What a person should know of these numbers: a new item, a lumpy demand."""


class ReorderSettings(Record):
    """How one group of items is planned."""

    rule: Word = "service_level"
    minimum: Quantity = 0
    """Rule min_max: at or below it, buy. Also what an item without a history is planned by."""
    maximum: Quantity = 0
    """Rule min_max: buy up to it."""
    cover_days: Days = 30
    """Rule days_of_cover: enough for so many days beyond the lead time."""
    safety_days: Days = 7
    """Rule days_of_cover: kept on top, against surprises."""
    service_level: Annotated[float, Field(gt=0.5, lt=0.9999)] = 0.95
    """Rule service_level: share of order cycles that end without a stock-out."""
    review_days: Days = 1
    """How often the plan is made."""
    cycle_days: Days = 14
    """Rule service_level: an order is to last so many days."""
    growth: Annotated[float, Field(gt=-1, le=10)] = 0.0
    """Expected change of demand: 0.1 is a tenth more than the history shows."""
    least_history_days: Days = 28
    """An item observed for fewer days counts as new."""

    @model_validator(mode="after")
    def _maximum_is_the_greater(self) -> Self:
        if self.maximum < self.minimum:
            raise ValueError("the maximum is less than the minimum")
        return self


class ReorderChoice(Record):
    """Settings for some items: every pattern given must fit; the first choice that fits holds."""

    name: Word
    sku: Text = "*"
    """A pattern: MUG-* fits MUG-1."""
    supplier: Text = "*"
    """A supplier's code, or a pattern."""
    location: Text = "*"
    settings: ReorderSettings


class ReorderPolicy(Record):
    """What the merchant decided about buying; works without a word of it."""

    defaults: ReorderSettings = ReorderSettings()
    choices: tuple[ReorderChoice, ...] = ()
    history_days: Annotated[int, Field(ge=7, le=1500)] = 365
    proposal_days: Annotated[int, Field(ge=1, le=365)] = 14
    """A proposal nobody decides about expires."""
    holding_rate: Annotated[float, Field(ge=0, le=2)] = 0.25
    """What keeping a unit for a year costs, as a share of its price."""
    lead_deviation_share: Annotated[float, Field(ge=0, le=2)] = 0.25
    """Of a lead time nobody has measured yet: its deviation, as a share of it."""
    least_deliveries: Annotated[int, Field(ge=2, le=100)] = 3
    """From so many deliveries on, the learned lead time counts instead of the stated one."""
    shortage_share: Annotated[float, Field(ge=0, le=2)] = 0.2
    """What a unit that a supplier fails to deliver costs, as a share of its price."""
    currency: Currency = "USD"
    rates: dict[Currency, Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,9})?$")]] = {}
    """What one unit of another currency is worth in this one."""
