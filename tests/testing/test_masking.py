"""What a recording keeps of a person: nothing but its shape."""

import json

from hub.sdk.redaction import Redactor
from hub.testing.masking import masked_bytes

ORDER = {
    "email": "quillon@vexworthy.example",
    "lines": [{"sku": "MUG-SET", "title": "Mugs"}],
    "ship_to": {
        "name": "Quillon Vexworthy",
        "lines": ["12 Harbor Road", "Floor 3"],
        "street": ["77 Zephyrine Crescent"],
        "country": "US",
    },
    "address": {"first": "12 Harbor Road", "country": "US"},
}


def test_addresses_are_blurred_however_they_are_written_and_goods_are_not() -> None:
    kept = masked_bytes(json.dumps(ORDER).encode(), Redactor(()))
    for personal in (b"Harbor", b"Zephyrine", b"Vexworthy", b"quillon", b"Floor"):
        assert personal not in kept
    document = json.loads(kept)
    assert document["lines"] == ORDER["lines"]
    assert document["ship_to"]["country"] == document["address"]["country"] == "US"
    assert document["ship_to"]["lines"] == ["00 xxxxxx xxxx", "xxxxx 0"]
