"""Names as people wrote them: WooCommerce gives them HTML-escaped."""

import html
import re
from html.entities import html5

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]*);")


def plain(text: str | None) -> str:
    """Undo the escaping of whole entities; "AT&T" and "R&D &copies" stay as they are."""
    if not text:
        return ""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    entity = found[0]
    return html.unescape(entity) if entity[1] == "#" else html5.get(entity[1:], entity)
