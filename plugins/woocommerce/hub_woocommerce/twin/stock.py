"""Stock as the shop counts it: who manages it, its status, what orders take and return."""

from __future__ import annotations

from hub.testing.twins import Document
from hub_woocommerce.twin.shop import Shop


def find(shop: Shop, id: int) -> tuple[str, Document] | None:
    """Return the kind and document of a product or variation."""
    for kind in ("product", "variation"):
        if (document := shop.state.get(kind, id)) is not None:
            return kind, document
    return None


def find_by_sku(shop: Shop, sku: str, *, trashed: bool = True) -> tuple[str, Document] | None:
    """Return what carries a SKU, whatever its case."""
    for kind in ("product", "variation"):
        for document in shop.state.all(kind):
            if (document["sku"] or "").lower() != sku.lower():
                continue
            if trashed or document["status"] != "trash":
                return kind, document
    return None


def save(shop: Shop, kind: str, document: Document, *, told: bool = True) -> None:
    """Keep a product or variation: the date moves even when nothing else did."""
    settle(document)
    shop.stamp(document, "date_modified")
    shop.state.put(kind, document["id"], document)
    if kind == "variation":
        _follow_variation(shop, document["parent_id"])
    elif document["type"] == "variable":
        _lead_variations(shop, document)
    if told:
        shop.notify("product.updated", document["id"])


def settle(document: Document) -> None:
    """Make quantity and status agree."""
    if document["manage_stock"] is True:
        quantity = document["stock_quantity"] or 0
        empty = "outofstock" if document["backorders"] == "no" else "onbackorder"
        document["stock_quantity"] = quantity
        document["stock_status"] = "instock" if quantity > 0 else empty
    elif document["manage_stock"] is False:
        document["stock_quantity"] = None
    document["backordered"] = document["stock_status"] == "onbackorder"


def _follow_variation(shop: Shop, parent_id: int) -> None:
    """A changed variation moves its parent's date, and the status of one that counts nothing."""
    parent = shop.state.get("product", parent_id)
    if parent is None:
        return
    if parent["manage_stock"] is False:
        children = variations_of(shop, parent_id)
        instock = any(child["stock_status"] != "outofstock" for child in children)
        parent["stock_status"] = "instock" if instock else "outofstock"
    shop.stamp(parent, "date_modified")
    shop.state.put("product", parent_id, parent)


def _lead_variations(shop: Shop, parent: Document) -> None:
    """Variations that leave counting to their parent show the parent's numbers."""
    managed = parent["manage_stock"] is True
    for child in variations_of(shop, parent["id"]):
        if child["manage_stock"] is True:
            continue
        child["manage_stock"] = "parent" if managed else False
        child["stock_quantity"] = parent["stock_quantity"] if managed else None
        if managed:
            child["stock_status"] = parent["stock_status"]
        shop.state.put("variation", child["id"], child)


def variations_of(shop: Shop, parent_id: int) -> list[Document]:
    return [v for v in shop.state.all("variation") if v["parent_id"] == parent_id]


def counted(shop: Shop, id: int) -> tuple[str, Document] | None:
    """Return the document that counts the stock of a product or variation, if one does."""
    found = find(shop, id)
    if found and found[1]["manage_stock"] == "parent":
        found = find(shop, found[1]["parent_id"])
    return found if found and found[1]["manage_stock"] is True else None


def move(shop: Shop, id: int, change: int) -> tuple[int, int] | None:
    """Add to a stock; return the quantity before and after, or None if nobody counts it."""
    found = counted(shop, id)
    if found is None:
        return None
    kind, document = found
    before = document["stock_quantity"] or 0
    document["stock_quantity"] = before + change
    save(shop, kind, document)
    shop.state.effect(
        "stock_moved", document["id"], document["sku"], change=change, now=before + change
    )
    return before, before + change


def add_carelessly(shop: Shop, document: Document, change: int) -> None:
    """Add as the shop does, by reading and writing: of parallel ones a quarter overwrites another.

    Measured: of 20 at once, 5 were lost. Here every fourth of one second adds to what the one
    before it had read.
    """
    name, second = f"delta:{document['id']}", shop.now().isoformat()
    earlier = shop.state.setting(name, {})
    place = earlier["place"] + 1 if earlier.get("second") == second else 1
    read = document["stock_quantity"] or 0
    based_on = earlier["read"] if place % 4 == 0 else read
    document["stock_quantity"] = based_on + change
    shop.state.keep(name, {"second": second, "place": place, "read": read})


def line_product(line: Document) -> int:
    return int(line["variation_id"] or line["product_id"])


def taken(line: Document) -> int:
    """Return how many units of this line the shop has taken from stock."""
    found = [m["value"] for m in line["meta_data"] if m["key"] == "_reduced_stock"]
    return int(found[0]) if found else 0


def set_taken(shop: Shop, line: Document, units: int) -> None:
    line["meta_data"] = [m for m in line["meta_data"] if m["key"] != "_reduced_stock"]
    if units:
        line["meta_data"].append(item_meta(shop, "_reduced_stock", str(units)))


def item_meta(shop: Shop, key: str, value: str, name: str = "", shown: str = "") -> Document:
    """Return meta data of a line, which also says how to show itself."""
    return {
        "id": shop.next_meta(), "key": key, "value": value,
        "display_key": name or key, "display_value": shown or value,
    }  # fmt: skip


def reduce_for(shop: Shop, order: Document) -> list[str]:
    """Take the order's units from stock; return the sentences for its note."""
    said = []
    for line in order["line_items"]:
        quantity = line["quantity"]
        if taken(line) or not (moved := move(shop, line_product(line), -quantity)):
            continue
        set_taken(shop, line, quantity)
        said.append(f"{line['name']} ({moved[0]}&rarr;{moved[1]})")
    return said


def restore_for(shop: Shop, order: Document) -> list[str]:
    """Put the order's units back; return the sentences for its note."""
    said = []
    for line in order["line_items"]:
        units = taken(line)
        if not units or not (moved := move(shop, line_product(line), units)):
            continue
        set_taken(shop, line, 0)
        said.append(f"{line['name']} ({moved[0]}&rarr;{moved[1]})")
    return said
