"""Which ticket a message belongs to: by the thread, else by the token that answers carry."""

import re

_TOKEN = re.compile(r"\[T-(\d{1,12})\]")
_ORDER_LIKE = re.compile(r"(?<![\w-])#?((?:[A-Za-z]{1,8}-)?\d{2,20})(?![\w-])")
MOST_CANDIDATES = 20


def ticket_token(subject: str) -> int | None:
    """Give the ticket number that a subject names, the last one where there are several."""
    found = _TOKEN.findall(subject)
    return int(found[-1]) if found else None


def order_numbers(text: str) -> tuple[str, ...]:
    """Give what may be order numbers in a text, as written, each once."""
    without_tokens = _TOKEN.sub(" ", text)
    found = dict.fromkeys(match[1].upper() for match in _ORDER_LIKE.finditer(without_tokens))
    return tuple(found)[:MOST_CANDIDATES]
