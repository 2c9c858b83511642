"""Discretion: what a vendor says of a request, without the person the request names.

Carriers like to repeat the address they refuse, and their sentence is stored in clear.
"""

import re

from hub.records.address import Party
from hub.records.base import Record
from hub.records.message import Correspondent
from hub.sdk.secrets import MASK

_SHORT = 3
"""Words shorter than this name nobody, and masking them would hide the sentence."""


def without_people(text: str, request: Record) -> str:
    """Mask names, address lines, mail and telephone of everybody in `request`."""
    people = [value for _, value in request if isinstance(value, Party | Correspondent)]
    said = {word for one in people for word in _words_of(one) if len(word) > _SHORT}
    if not said:
        return text
    longest_first = sorted(said, key=lambda word: (-len(word), word))
    return re.sub("|".join(map(re.escape, longest_first)), MASK, text, flags=re.IGNORECASE)


def _words_of(party: Party | Correspondent) -> set[str]:
    if isinstance(party, Correspondent):
        return {party.name, *party.name.split(), party.address}
    return {
        party.name, *party.name.split(), party.company, *party.company.split(), *party.street,
        party.email, party.phone,
    }  # fmt: skip
