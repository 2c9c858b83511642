"""What to buy, how much and from whom: rules answer levels, the stock is compared afterwards.

`months` adds demand up, `demand` estimates it, `rules` turn it into two levels, `quantity` says how
much, `choice` finds the settings of an item, `plan` picks who delivers and puts them together.
"""

from hub.domain.reorder.choice import settings_for
from hub.domain.reorder.plan import Answer, Need, Planner
from hub.domain.reorder.quantity import Terms, best_quantity, on_pack, price_at
from hub.domain.reorder.rules import BUILT_IN, RULE_VERSION

__all__ = [
    "BUILT_IN", "RULE_VERSION", "Answer", "Need", "Planner", "Terms", "best_quantity", "on_pack",
    "price_at", "settings_for",
]  # fmt: skip
