"""`hub init`: a new hub, or the assurance that this one is complete."""

from hub.bootstrap import initialise
from hub.cli.opening import installed
from hub.cli.options import Json
from hub.cli.printing import print_facts, print_json, say


def init(as_json: Json = False) -> None:
    """Make folder, key, database and schema; what is there already stays as it is."""
    settings = installed()
    fresh = initialise(settings)
    facts = {
        "home": str(settings.home),
        "database": "PostgreSQL" if settings.database_url else str(settings.home / "hub.db"),
        "key": "HUB_SECRET_KEY" if settings.secret_key else str(settings.key_file),
        "new": fresh,
    }
    if as_json:
        return print_json(facts)
    print_facts(facts)
    if fresh:
        say("Keep a copy of the key apart from the database: without it the hub opens nothing.")
        say("Next: hub connect CONNECTOR --code CODE (hub plugin list shows the connectors)")
    return None
