"""What our sample shop sells, to whom, and what was ordered there."""

from __future__ import annotations

from typing import Any

# name, SKU, price, sale price, stock (None: not counted), weight
SIMPLE = [
    ("Harbor Blend 250 g", "HB-250", "9.50", "", 140, "0.28"),
    ("Harbor Blend 1 kg", "HB-1000", "31.00", "27.90", 36, "1.05"),
    ("Night Ferry Espresso 250 g", "NF-250", "11.20", "", 82, "0.28"),
    ("Lighthouse Decaf 250 g", "LD-250", "10.40", "", 4, "0.28"),
    ("Pour-over Dripper", "DRIP-01", "24.00", "", 25, "0.45"),
    ("Paper Filters, 100", "FILT-100", "4.75", "", 210, "0.20"),
    ("Mug &amp; Saucer", "MUG-SET", "18.00", "", 17, "0.60"),
    ("Hand Grinder", "GRIND-01", "64.90", "", 6, "0.85"),
    ("Kettle, Gooseneck", "KETTLE-01", "79.00", "", 0, "1.30"),
    ("Gift Wrapping", "WRAP", "3.00", "", None, ""),
]
SHIRT = [("Small", "TEE-S", 12), ("Medium", "TEE-M", 9), ("Large", "TEE-L", 1)]
SUBSCRIPTION = [("Whole bean", "BOX-BEAN"), ("Ground", "BOX-GRND")]

LOS_ANGELES = {"city": "Los Angeles", "state": "CA", "postcode": "90012", "country": "US"}
BERLIN = {
    "first_name": "Jürgen", "last_name": "Groß", "address_1": "Straße des 17. Juni 135",
    "city": "Berlin", "state": "", "postcode": "10623", "country": "DE",
}  # fmt: skip
LEEDS = {
    "first_name": "Aoife", "last_name": "O'Neill", "address_1": "Flat 2, 14 Mill Lane",
    "city": "Leeds", "state": "", "postcode": "LS1 4DY", "country": "GB",
}  # fmt: skip
KYOTO = {
    "first_name": "美咲", "last_name": "田中", "address_1": "中京区 御池通 1-2", "city": "京都市",
    "state": "JP26", "postcode": "604-0001", "country": "JP",
}  # fmt: skip
LYON = {
    "first_name": "Zoë", "last_name": "Lefèvre", "company": "Atelier & Fils",
    "address_1": "8 rue de la République", "address_2": "Bâtiment C", "city": "Lyon",
    "state": "", "postcode": "69002", "country": "FR",
}  # fmt: skip
NOWHERE = dict.fromkeys(("address_1", "city", "state", "postcode", "country"), "")

# minutes since the order before, lines, and what is special
Wanted = tuple[int, dict[str, int], dict[str, Any]]
ORDERS: list[Wanted] = [
    (40, {"HB-250": 2}, {"status": "completed"}),
    (95, {"NF-250": 1, "FILT-100": 1}, {"status": "completed", "shipping": LOS_ANGELES}),
    (700, {"TEE-M": 1}, {"status": "completed", "customer_id": 2}),
    (30, {"DRIP-01": 1, "FILT-100": 2}, {"status": "completed", "shipping": BERLIN}),
    (1500, {"HB-1000": 1}, {"status": "completed", "coupon_lines": [{"code": "harbor10"}]}),
    (220, {"GRIND-01": 1}, {"status": "cancelled", "payment_method": "bacs"}),
    (2900, {"LD-250": 1}, {"status": "failed"}),
    (60, {"BOX-BEAN": 1}, {"status": "completed", "shipping": LEEDS}),
    (4300, {"MUG-SET": 2}, {"status": "completed", "customer_note": "A gift – no invoice."}),
    (15, {"HB-250": 1, "WRAP": 1}, {"status": "completed"}),
    (5000, {"NF-250": 3}, {"status": "cancelled"}),
    (130, {"TEE-S": 2, "TEE-L": 1}, {"status": "completed", "shipping": LYON}),
    (6100, {"KETTLE-01": 1}, {"status": "on-hold", "paid": False, "payment_method": "bacs"}),
    (75, {"HB-250": 4}, {"status": "processing", "customer_id": 3}),
    (3, {"HB-250": 1}, {"status": "pending", "paid": False, "payment_method": "bacs"}),
    (1800, {"FILT-100": 3}, {"status": "processing", "shipping": LOS_ANGELES}),
    (410, {"BOX-GRND": 2}, {"status": "processing", "shipping": KYOTO}),
    (0, {"NF-250": 2}, {"status": "processing"}),
    (2600, {"HB-1000": 2, "MUG-SET": 1}, {"status": "processing", "shipping": BERLIN}),
    (55, {"DRIP-01": 1}, {"status": "failed", "paid": False}),
    (900, {"LD-250": 2}, {"status": "processing", "coupon_lines": [{"code": "five-off"}]}),
    (360, {"HB-250": 2, "NF-250": 2}, {"status": "processing", "payment_method": "cod"}),
    (45, {"TEE-M": 3}, {"status": "processing", "shipping": LOS_ANGELES}),
    (1300, {"GRIND-01": 1, "WRAP": 1}, {"status": "processing",
        "fee_lines": [{"name": "Express handling", "total": "6.50"}]}),
    (20, {"HB-1000": 1}, {"status": "on-hold", "paid": False, "payment_method": "bacs"}),
    (610, {"MUG-SET": 1}, {"status": "processing", "shipping": LEEDS}),
    (85, {"FILT-100": 1}, {"status": "processing", "shipping": NOWHERE}),
    (2000, {"HB-250": 6, "LD-250": 1}, {"status": "processing", "shipping": LYON}),
    (30, {"NF-250": 1}, {"status": "checkout-draft", "paid": False, "payment_method": ""}),
    (240, {"BOX-BEAN": 1, "TEE-S": 1}, {"status": "processing"}),
    (0, {"HB-250": 1}, {"status": "processing", "shipping": KYOTO}),
]  # fmt: skip

TAXES = [
    ("NY", "8.0000", "NY Tax", 1),
    ("CA", "7.2500", "CA Tax", 1),
    ("CA", "1.0000", "CA County", 2),
]
GATEWAYS = [
    ("bacs", "Direct bank transfer"),
    ("cod", "Cash on delivery"),
    ("stripe", "Credit card"),
]
CUSTOMERS = [(2, "Grace", "grace@example.test"), (3, "Lin", "lin@example.test")]
COUPONS = [("harbor10", "percent", "10.00"), ("five-off", "fixed_cart", "5.00")]
SETTINGS = {
    "store_address": "1 Pier Street",
    "store_address_2": "",
    "store_city": "Albany",
    "default_country": "US:NY",
    "store_postcode": "12207",
    "calc_taxes": "yes",
    "enable_coupons": "yes",
    "currency": "USD",
    "currency_pos": "left",
    "price_thousand_sep": ",",
    "price_decimal_sep": ".",
    "price_num_decimals": "2",
}
