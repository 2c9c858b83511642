"""Which font prints which letter, what is printed for letters that none can, and where lines break.

Not imported by `hub.sdk` itself: only what prints pays for fonts.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

from anyascii import anyascii
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

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


def wrap(line: Sequence[Run], width: float, size: float) -> list[list[Run]]:
    """Break a line between letters where it is wider than `width` points, best after a space."""
    letters = [Run(char, run.font) for run in line for char in run.text]
    rows: list[list[Run]] = []
    while letters:
        fit = _fitting(letters, width, size)
        if fit < len(letters):
            spaces = [at + 1 for at in range(fit) if letters[at].text == " "]
            fit = spaces[-1] if spaces else fit
        rows.append(_joined(letters[:fit]))
        letters = letters[fit:]
    return rows


def write(canvas: Canvas, left: float, bottom: float, row: Sequence[Run], size: float) -> None:
    """Print one row of runs, its base line at `bottom`; all in points."""
    text = canvas.beginText(left, bottom)
    for run in row:
        text.setFont(run.font, size)
        text.textOut(run.text)
    canvas.drawText(text)


def _fitting(letters: Sequence[Run], width: float, size: float) -> int:
    """Give how many letters fit into the width, at least one."""
    used = 0.0
    for count, char in enumerate(letters):
        used += char.width(size)
        if used > width:
            return max(count, 1)
    return len(letters)


def _joined(letters: Sequence[Run]) -> list[Run]:
    grouped = groupby(letters, key=lambda char: char.font)
    return [Run("".join(char.text for char in group), font) for font, group in grouped]


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
