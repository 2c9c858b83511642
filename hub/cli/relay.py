"""`hub relay`: what is due is found here, and workers elsewhere are told."""

from hub.cli.options import Json
from hub.cli.running import stay
from hub.settings import Settings


def relay(as_json: Json = False) -> None:
    """Find what is due and tell the workers; several are harmless. Needs PostgreSQL and Redis."""
    stay(Settings(), "relay", works=False, as_json=as_json)
