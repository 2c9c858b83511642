"""What the hub knows of the orders of a page, before they are reconciled."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hub.domain.kits import begun_kits
from hub.domain.reconcile import KnownLine, KnownOrder
from hub.records.order import ChannelState
from hub.store import tables
from hub.store.lander import rows_by
from hub.store.unit_of_work import Unit

_KNOWN = (
    "id", "external_id", "channel_state", "updated_at", "history", "party_id", "ship_to_hash",
    "channel_status",
)  # fmt: skip


def known_orders(
    unit: Unit, connection_id: str, external_ids: Sequence[str]
) -> dict[str, tuple[KnownOrder, str | None]]:
    """Read what the hub knows of these orders: by external id, (order, party id)."""
    rows = rows_by(
        unit, tables.sales_order, "external_id", external_ids, _KNOWN,
        connection_id=connection_id,
    )  # fmt: skip
    lines = _known_lines(unit, [row.id for row in rows.values()])
    return {
        external_id: (
            KnownOrder(
                row.id, ChannelState(row.channel_state), row.updated_at, row.history,
                lines[row.id], row.ship_to_hash, row.channel_status == "deleted",
            ),
            row.party_id,
        )
        for external_id, row in rows.items()
    }  # fmt: skip


def _known_lines(unit: Unit, order_ids: Sequence[str]) -> dict[str, dict[str, KnownLine]]:
    """Give the lines the channel knows, by order and the channel's id; a kit's have its parts'."""
    known: dict[str, dict[str, KnownLine]] = {order_id: {} for order_id in order_ids}
    if not known:
        return known
    query = select(tables.order_line).where(tables.order_line.c.order_id.in_(order_ids))
    lines = unit.execute(query).all()
    parts: dict[str | None, list[Any]] = {}
    for line in lines:
        parts.setdefault(line.parent_line_id, []).append(line)
    for line in parts.get(None, ()):
        own = parts.get(line.id, [line])
        begun = (
            begun_kits((getattr(part, name), part.per_kit) for part in own)
            for name in ("reserved", "allocated", "shipped")
        )
        known[line.order_id][line.external_id] = KnownLine(
            line.id, line.quantity, line.cancelled, *begun
        )
    return known
