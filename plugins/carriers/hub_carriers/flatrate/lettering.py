"""Which font prints which letter, and what is printed for letters that none can."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

from anyascii import anyascii
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

RESPELT = "≈"
"""Stands before a text that was respelt in Latin letters."""

FACES = {False: "Roboto-Regular", True: "Roboto-Bold"}

HAN_BY_COUNTRY = {
    "JP": "HeiseiKakuGo-W5", "KR": "HYGothic-Medium",
    "TW": "MSung-Light", "HK": "MSung-Light", "MO": "MSung-Light",
}  # fmt: skip
"""Han letters look different in each country; elsewhere they are printed as in China."""
HAN_ELSEWHERE = "STSong-Light"
HANGUL = "HYGothic-Medium"

HANGUL_BLOCKS = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))
HAN_BLOCKS = ((0x3000, 0x30FF), (0x3100, 0x312F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))


@dataclass(frozen=True)
class Run:
    """Neighbouring letters that one font prints."""

    text: str
    font: str

    def width(self, size: float) -> float:
        """Give the printed width in points."""
        return float(pdfmetrics.stringWidth(self.text, self.font, size))


def letter(text: str, *, bold: bool = False, country: str = "") -> list[tuple[Run, ...]]:
    """Give a text as one or two lines, each of runs that can be printed.

    Latin, Greek and Cyrillic letters come from a font that is embedded, so they print everywhere.
    Chinese, Japanese and Korean ones name a standard font; where the printing machine has none
    they stay blank, so a second line respells them. A word in any other script is respelt at once.
    """
    clean = _clean(text)
    words = [_printable(word, bold, country) for word in clean.split(" ")]
    line = " ".join(words)
    lines = [_runs(line if line == clean else f"{RESPELT} {line}", bold, country)]
    if any(run.font != _face(bold) for run in lines[0]):
        lines.append(_runs(f"{RESPELT} {anyascii(clean)}", bold, country))
    return lines


def _runs(line: str, bold: bool, country: str) -> tuple[Run, ...]:
    pairs = [(char, _font(char, bold, country) or _face(bold)) for char in line]
    return tuple(
        Run("".join(char for char, _ in group), font)
        for font, group in groupby(pairs, key=lambda pair: pair[1])
    )


def _clean(text: str) -> str:
    """Compose accents, drop marks that only steer text, make every gap one space."""
    kinds = [(char, unicodedata.category(char)) for char in unicodedata.normalize("NFC", text)]
    visible = (" " if kind == "Cc" else char for char, kind in kinds if kind != "Cf")
    return " ".join("".join(visible).split())


def _printable(word: str, bold: bool, country: str) -> str:
    if all(_font(char, bold, country) for char in word):
        return word
    return anyascii(word) or "?"


def _font(char: str, bold: bool, country: str) -> str | None:
    face = _face(bold)
    if ord(char) in pdfmetrics.getFont(face).face.charToGlyph:
        return face
    if _within(char, HANGUL_BLOCKS):
        return _standard(HANGUL)
    if _within(char, HAN_BLOCKS):
        return _standard(HAN_BY_COUNTRY.get(country, HAN_ELSEWHERE))
    return None


def _within(char: str, blocks: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(char) <= last for first, last in blocks)


@cache
def _face(bold: bool) -> str:
    name = FACES[bold]
    with (files("font_roboto") / "files" / f"{name}.ttf").open("rb") as file:
        pdfmetrics.registerFont(TTFont(name, file))
    return name


@cache
def _standard(name: str) -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name
