"""`hub version`: instant, without loading the hub."""

import json

from hub.cli.options import Json


def version(as_json: Json = False) -> None:
    """Print the version."""
    from hub import __version__

    print(json.dumps({"version": __version__}) if as_json else f"hub {__version__}")
