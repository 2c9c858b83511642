"""What a ticket is tied to, from the options a person gives."""

from hub.records.ticket import Link
from hub.services.context import Hub
from hub.services.tickets.subjects import find_subject


def links_given(
    hub: Hub, order: str, parcel: str, return_: str, ticket: str
) -> list[tuple[Link, str]]:
    """Find everything that was named; raises where one of it is not there."""
    named = {Link.ORDER: order, Link.PARCEL: parcel, Link.RETURN: return_, Link.TICKET: ticket}
    with hub.store.reading() as database:
        return [(kind, find_subject(database, kind, name)) for kind, name in named.items() if name]
