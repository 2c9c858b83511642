"""Whether two databases hold the same orders: every table counted, every clear column compared."""

import hashlib
import sqlite3
from pathlib import Path

# Ids and instants of landing differ from run to run, and so does what is sealed: of that the length
# is compared, and keyed hashes, whose key is the same.
_CLEAR = {
    "person": "SELECT mail_hash, length(wrapped_key) FROM person",
    "party": "SELECT o.external_id, p.country, p.postal_prefix, length(p.sealed) FROM party p "
    "JOIN sales_order o ON o.party_id = p.id",
    "sales_order": "SELECT external_id, number, bare_number, channel_state, channel_status, "
    "currency, total_minor, placed_at, updated_at, payment_terms, paid_at, verification, "
    "ship_country, can_ship, hex(ship_to_hash), history, phase, document FROM sales_order",
    "sales_order_line": "SELECT o.external_id, l.position, l.external_id, l.listing_external_id, "
    "l.sku, l.title, l.stock_item_id, l.quantity, l.cancelled, l.reserved, l.allocated, l.shipped, "
    "l.stock_taken FROM sales_order_line l JOIN sales_order o ON o.id = l.order_id",
    "payment_event": "SELECT o.external_id, p.kind, p.amount_minor, p.currency, p.method, "
    "p.reference, p.occurred_at FROM payment_event p JOIN sales_order o ON o.id = p.order_id",
    "link": "SELECT kind, external_id, digest, version, deleted_at FROM link",
    "raw_payload": "SELECT kind, external_id, length(sealed) FROM raw_payload",
}


def contents(database: Path) -> dict[str, tuple[int, str]]:
    """Give, for each table an order lands in, its rows and a checksum of what is clear in them."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {table: _contents(connection, table) for table in _CLEAR}
    finally:
        connection.close()


def _contents(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    checksum, compared = hashlib.sha256(), 0
    for row in connection.execute(f"{_CLEAR[table]} ORDER BY 1, 2"):
        checksum.update(repr(row).encode())
        compared += 1
    if compared != rows:
        raise RuntimeError(f"{table} has {rows} rows, of which {compared} belong to an order")
    return rows, checksum.hexdigest()
