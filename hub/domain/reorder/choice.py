"""Which settings hold for an item: the first choice of the policy that fits."""

from hub.domain.patterns import pattern
from hub.records.reorder import ReorderPolicy, ReorderSettings


def settings_for(
    policy: ReorderPolicy, sku: str, supplier: str, location: str
) -> tuple[str, ReorderSettings]:
    """Give the name of the choice that holds, and its settings; `*` in a pattern fits anything."""
    for choice in policy.choices:
        if (
            _fits(choice.sku, sku)
            and _fits(choice.supplier, supplier)
            and _fits(choice.location, location)
        ):
            return choice.name, choice.settings
    return "defaults", policy.defaults


def _fits(written: str, text: str) -> bool:
    return written == "*" or bool(pattern(written).fullmatch(text))
