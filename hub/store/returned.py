"""Units of order lines that came back, or may: no shop's word undoes that they had been shipped."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case

from hub.store import tables


def with_returns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give new values of an order line that say of no unit that came back it was never shipped."""
    if "shipped" not in values:
        return dict(values)
    line = tables.order_line
    back, told = line.c.returned + line.c.coming_back, values["shipped"]
    return {**values, "shipped": case((back > told, back), else_=told)}
