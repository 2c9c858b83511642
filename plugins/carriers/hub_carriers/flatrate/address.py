"""A party as the lines of a printed address."""

from babel import Locale

from hub.sdk import Party

POSTCODE_LAST = frozenset({"AU", "CA", "GB", "IE", "IN", "NZ", "US"})
"""Countries that write `City Region Postcode`; the others write `Postcode City Region`."""


def address_lines(party: Party) -> tuple[str, ...]:
    """Give the non-empty lines in the order they are printed, the country last in capitals."""
    country = party.country.upper()
    place = (party.postal_code, party.city, party.region)
    if country in POSTCODE_LAST:
        place = (party.city, party.region, party.postal_code)
    lines = (
        party.name,
        party.company,
        *party.street,
        " ".join(part for part in place if part.strip()),
        country_name(country),
    )
    return tuple(line for line in lines if line.strip())


def country_name(code: str) -> str:
    """Give the country in English capitals, as postal services agreed; the code if unknown."""
    return Locale("en").territories.get(code, code).upper()
