"""The demo's acts, one file each; every step looks first whether it is done."""

from collections.abc import Callable

from hub.cli.demo.acts import (
    arrival,
    buying,
    figures,
    floor,
    returning,
    routing,
    rules,
    selling,
    service,
    stockroom,
)
from hub.cli.demo.stage import Stage

ACTS: tuple[tuple[str, Callable[[Stage], None]], ...] = (
    ("Connecting is harmless", arrival.play),
    ("One stock for every shop", selling.play),
    ("The stockroom", stockroom.play),
    ("Your own rules for orders", rules.play),
    ("Where an order ships from", routing.play),
    ("The warehouse floor", floor.play),
    ("Buying before it runs out", buying.play),
    ("What comes back", returning.play),
    ("A parcel that never arrives", service.play),
    ("The figures", figures.play),
)
