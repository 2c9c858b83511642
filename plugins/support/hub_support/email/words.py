"""What a mail says, as text: charsets that lie, HTML alone, headers nobody can parse."""

from email.message import EmailMessage, Message
from html.parser import HTMLParser
from typing import Any

_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table"})
_SILENT = frozenset({"script", "style", "head", "title"})


def clean(text: str) -> str:
    """Give a text that can be stored: no NUL, no half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def header(mail: "Message[Any, Any]", name: str) -> str:
    """Give a header decoded; one that cannot be parsed is given as it stands, absent as nothing."""
    try:
        value = mail[name]
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        wanted = name.lower()
        value = next((text for key, text in mail.raw_items() if key.lower() == wanted), None)
    return "" if value is None else clean(" ".join(str(value).split()))


def text_of(mail: EmailMessage) -> str:
    """Give the text of a mail: the plain part, else the words of the HTML."""
    for wanted in ("plain", "html"):
        for part in _inline_parts(mail):
            if part.get_content_type() == f"text/{wanted}" and (said := _decoded(part)).strip():
                return clean(_words_of(said) if wanted == "html" else said).strip()
    return ""


def _inline_parts(mail: EmailMessage) -> "list[Message[Any, Any]]":
    parts = [part for part in mail.walk() if not part.is_multipart()]
    return [part for part in parts if part.get_content_disposition() != "attachment"]


def _decoded(part: "Message[Any, Any]") -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    said = str(part.get_content_charset() or "utf-8")
    for charset in (said, "utf-8", "cp1252"):
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    return payload.decode("latin-1")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _words_of(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.said).splitlines())
    return "\n".join(line for line in lines if line)
