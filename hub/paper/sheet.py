"""A sheet of paper: heading, notes, one table over as many pages as it needs, bar codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from hub.sdk.lettering import Run, letter, wrap, write

PAPER = {"a4": A4, "letter": LETTER}
"""Sizes by name, in points; US Letter where people print on it."""

MARGIN = 15 * mm
LEADING = 1.3
TEXT, HEADING = 9.0, 16.0
"""Sizes of letters, in points."""

BAR = 0.33 * mm
"""The narrowest bar: what hand scanners read from office paper."""
BAR_HEIGHT = 9 * mm
SILENCE = 10
"""Bars of white that a bar code needs on either side."""


@dataclass(frozen=True)
class Barcode:
    """A cell that is scanned: Code 128 with its text below."""

    text: str


Cell = str | Barcode


@dataclass(frozen=True)
class Column:
    """A column of the table: its title and its share of the width."""

    title: str
    share: float
    right: bool = False


@dataclass(frozen=True)
class Sheet:
    """One document; `code` is printed as a bar code beside the title."""

    title: str
    code: str = ""
    country: str = ""
    """Of the reader, ISO 3166-1 alpha-2: chooses the shapes of Han letters."""
    blocks: tuple[tuple[str, ...], ...] = ()
    """Paragraphs that stand beside each other under the title: addresses, dates, terms."""
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = field(default=())


def draw(sheets: Sequence[Sheet], paper: str = "a4") -> bytes:
    """Draw the sheets into one PDF, each from a page of its own; same input, same bytes."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=PAPER[paper], invariant=1)
    if sheets:
        canvas.setTitle(sheets[0].title)
    for sheet in sheets:
        _Pages(canvas, sheet, *PAPER[paper]).draw()
    canvas.save()
    return file.getvalue()


class _Pages:
    """The pages of one sheet while they are drawn, from the top down."""

    def __init__(self, canvas: Canvas, sheet: Sheet, width: float, height: float) -> None:
        self._canvas, self._sheet = canvas, sheet
        self._width, self._height = width - 2 * MARGIN, height
        self._y = height - MARGIN
        self._number = 1

    def draw(self) -> None:
        self._head()
        self._blocks()
        if self._sheet.columns:
            self._titles()
            for row in self._sheet.rows:
                self._row(row)
        self._y -= 3 * mm
        for note in self._sheet.notes:
            self._paragraph(MARGIN, self._width, note)
        self._end_page()

    def _head(self) -> None:
        bars = _bars(self._sheet.code) if self._sheet.code else None
        if bars is not None:
            left = MARGIN + self._width - bars.width
            bars.drawOn(self._canvas, left, self._y - BAR_HEIGHT)
            self._line(left, self._y - BAR_HEIGHT - TEXT, _plain(self._sheet.code), TEXT)
        room = self._width - (bars.width + 5 * mm if bars is not None else 0)
        for row in self._wrapped(self._sheet.title, room, HEADING, bold=True):
            self._y -= HEADING
            self._line(MARGIN, self._y, row, HEADING)
        lowest = self._height - MARGIN - (BAR_HEIGHT + 2 * TEXT if bars is not None else 0)
        self._y = min(self._y - 4 * mm, lowest)

    def _blocks(self) -> None:
        if not self._sheet.blocks:
            return
        share = self._width / len(self._sheet.blocks)
        top = lowest = self._y
        for place, block in enumerate(self._sheet.blocks):
            self._y = top
            for text in block:
                self._paragraph(MARGIN + place * share, share - 4 * mm, text)
            lowest = min(lowest, self._y)
        self._y = lowest - 4 * mm

    def _titles(self) -> None:
        self._row(tuple(column.title for column in self._sheet.columns), bold=True)

    def _row(self, cells: tuple[Cell, ...], bold: bool = False) -> None:
        widths = self._widths()
        drawn = [
            cell if isinstance(cell, Barcode) else self._wrapped(cell, width - 2 * mm, TEXT, bold)
            for cell, width in zip(cells, widths, strict=True)
        ]
        height = max(_height(cell) for cell in drawn) + 2 * mm
        if self._y - height < MARGIN + 6 * mm:
            self._turn_page()
        top, left = self._y, MARGIN
        for cell, column, width in zip(drawn, self._sheet.columns, widths, strict=True):
            self._cell(cell, left, top, width, column.right)
            left += width
        self._y = top - height
        self._canvas.setLineWidth(0.3)
        self._canvas.line(MARGIN, self._y + 0.5 * mm, MARGIN + self._width, self._y + 0.5 * mm)

    def _cell(
        self, cell: "Barcode | list[list[Run]]", left: float, top: float, width: float, right: bool
    ) -> None:
        if isinstance(cell, Barcode):
            _bars(cell.text).drawOn(self._canvas, left, top - BAR_HEIGHT - 1 * mm)
            return self._line(left, top - BAR_HEIGHT - 1 * mm - TEXT, _plain(cell.text), TEXT)
        for number, row in enumerate(cell):
            inset = width - 2 * mm - sum(run.width(TEXT) for run in row) if right else 0.0
            self._line(left + inset, top - TEXT * (1 + number * LEADING), row, TEXT)
        return None

    def _paragraph(self, left: float, width: float, text: str) -> None:
        for row in self._wrapped(text, width, TEXT):
            if self._y - TEXT * LEADING < MARGIN + 6 * mm:
                self._turn_page()
            self._y -= TEXT * LEADING
            self._line(left, self._y, row, TEXT)

    def _turn_page(self) -> None:
        self._end_page()
        self._number += 1
        self._y = self._height - MARGIN
        if self._sheet.columns:
            self._titles()

    def _end_page(self) -> None:
        foot = f"{self._sheet.title} · {self._number}"
        for row in self._wrapped(foot, self._width, 7)[:1]:
            self._line(MARGIN, MARGIN - 4 * mm, row, 7)
        self._canvas.showPage()

    def _widths(self) -> list[float]:
        whole = sum(column.share for column in self._sheet.columns)
        return [self._width * column.share / whole for column in self._sheet.columns]

    def _wrapped(self, text: str, width: float, size: float, bold: bool = False) -> list[list[Run]]:
        lines = letter(text, bold=bold, country=self._sheet.country)
        return [row for line in lines for row in wrap(line, width, size)] or [[]]

    def _line(self, left: float, bottom: float, row: Sequence[Run], size: float) -> None:
        write(self._canvas, left, bottom, row, size)


def _height(cell: "Barcode | list[list[Run]]") -> float:
    if isinstance(cell, Barcode):
        return float(BAR_HEIGHT + 1 * mm + TEXT * LEADING)
    return len(cell) * TEXT * LEADING


def _bars(text: str) -> Code128:
    """Make a Code 128; raises `ValueError` for letters that it cannot hold."""
    return Code128(text, barWidth=BAR, barHeight=BAR_HEIGHT, quiet=True, lquiet=SILENCE * BAR,
                   rquiet=SILENCE * BAR)  # fmt: skip


def _plain(text: str) -> list[Run]:
    return [run for line in letter(text)[:1] for run in line]
