"""What the commands of buying share: units by SKU, days, who acts."""

from collections.abc import Sequence
from typing import Annotated

import typer

from hub.cli.exits import UsageError
from hub.cli.printing import print_json, say
from hub.records.stock import Bucket
from hub.services.purchasing.receiving import Came

Number = Annotated[str, typer.Argument(help="A purchase order, such as PO-1001.")]
Quantities = Annotated[
    list[str] | None, typer.Argument(metavar="SKU=UNITS…", help="Without any, all of it.")
]


def quantities(texts: Sequence[str] | None) -> dict[str, int] | None:
    """Read SKU=UNITS; None where nothing was said. Raises `UsageError`."""
    if not texts:
        return None
    found: dict[str, int] = {}
    for text in texts:
        sku, units = _split(text)
        found[sku] = found.get(sku, 0) + units
    return found


def came(texts: Sequence[str], note: str = "") -> list[Came]:
    """Read SKU=UNITS for good units, SKU=UNITS:damaged for those of a bucket."""
    parts = []
    for text in texts:
        head, _, last = text.rpartition(":")
        # a SKU may hold a colon, a bucket no equals sign
        counted, bucket = (text, "") if "=" in last else (head, last)
        if bucket and bucket not in set(Bucket):
            raise UsageError(f"{bucket} is no bucket; there are {', '.join(Bucket)}")
        sku, units = _split(counted)
        parts.append(Came(sku, units, Bucket(bucket) if bucket else None, note if bucket else ""))
    return parts


def _split(text: str) -> tuple[str, int]:
    sku, mark, units = text.rpartition("=")
    if not mark or not units.isdecimal() or int(units) == 0:
        raise UsageError(f"{text}: say SKU=UNITS, such as TEE-M=12")
    return sku, int(units)


def told(as_json: bool, dry_run: bool, sentence: str, **facts: object) -> None:
    """Say what was done, or what would be."""
    if as_json:
        return print_json({**facts, "dry_run": dry_run})
    return say(f"Would: {sentence}" if dry_run else sentence)
