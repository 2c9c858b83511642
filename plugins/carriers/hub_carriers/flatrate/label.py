"""The printed label: 100 × 150 mm, address, service, a bar code and a QR code."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from hub.sdk import LabelRequest, RejectedError
from hub.sdk.lettering import Run, letter, wrap, write
from hub_carriers.flatrate.address import address_lines

PAGE = (100 * mm, 150 * mm)
DOT = 72 / 203
"""One dot of the usual label printer, in points; bars of whole dots print sharply."""
QR_BYTES = 400
QR_SILENCE = 4
"""Modules of white around the code."""
"""More than this in a 30 mm square is too fine for such a printer."""
LEADING = 1.2
UNTRACKED = "This parcel is not tracked."


@dataclass(frozen=True)
class Box:
    """A rectangle on the label, in points from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float


def _box(left: float, bottom: float, width: float, height: float) -> Box:
    return Box(left * mm, bottom * mm, width * mm, height * mm)


CARRIER = _box(57, 138, 38, 7)
SERVICE = _box(57, 121, 38, 16)
SENDER = _box(5, 121, 48, 24)
RECIPIENT = _box(5, 74, 90, 43)
FACTS = _box(5, 42, 56, 28)
QR = _box(65, 41, 30, 30)
BARCODE = _box(0, 13, 100, 24)
BARCODE_TEXT = _box(5, 7.5, 90, 5)
FOOT = _box(5, 3, 90, 4)
RULES = (119.0, 72.0, 39.0)
"""Heights of the lines across the label, in millimetres."""


def draw_label(request: LabelRequest, *, parcel: str, carrier: str, service: str) -> bytes:
    """Draw the PDF; the same arguments give the same bytes.

    Raises `RejectedError` for a text that would not fit: an address is never cut.
    """
    file = BytesIO()
    canvas = Canvas(file, pagesize=PAGE, invariant=1)
    canvas.setTitle(f"Label {parcel}")
    for height in RULES:
        canvas.line(5 * mm, height * mm, 95 * mm, height * mm)
    here, there = request.ship_from.country.upper(), request.ship_to.country.upper()
    sender, recipient = address_lines(request.ship_from), address_lines(request.ship_to)
    weight = f"{request.package.weight_g / 1000:.3f} kg"
    _write(canvas, CARRIER, [carrier], 12)
    _write(canvas, SERVICE, [service], 16, bold=True)
    _write(canvas, SENDER, sender, 8, country=here)
    _write(canvas, RECIPIENT, recipient, 15, bold=True, country=there)
    _write(canvas, FACTS, [f"Order {request.reference}", f"Weight {weight}"], 11)
    _write(canvas, BARCODE_TEXT, [parcel], 12, bold=True)
    _write(canvas, FOOT, [UNTRACKED], 7)
    _draw_barcode(canvas, parcel)
    _draw_qr(canvas, _qr_text(parcel, request.reference, recipient))
    canvas.save()
    return file.getvalue()


def _write(
    canvas: Canvas, box: Box, texts: Sequence[str], size: float, bold: bool = False,
    country: str = "",
) -> None:  # fmt: skip
    """Write lines from the top of a box, as large as they fit, up to `size` points."""
    lines = [line for text in texts for line in letter(text, bold=bold, country=country)]
    while size >= 5:
        rows = [row for line in lines for row in wrap(line, box.width, size)]
        if len(rows) * size * LEADING <= box.height:
            return _set_rows(canvas, box, rows, size)
        size -= 0.5
    raise RejectedError(f"too long for a label: {texts[0][:40]} …", code="too_long")


def _set_rows(canvas: Canvas, box: Box, rows: Sequence[Sequence[Run]], size: float) -> None:
    for number, row in enumerate(rows):
        write(canvas, box.left, box.bottom + box.height - size * (1 + number * LEADING), row, size)


def _draw_barcode(canvas: Canvas, value: str) -> None:
    """Draw a Code 128 as wide as whole dots allow, ten bars of silence at either side."""
    modules = Code128(value, barWidth=1, quiet=False).width + 20
    bar = int(BARCODE.width / modules / DOT) * DOT
    code = Code128(value, barWidth=bar, barHeight=BARCODE.height, quiet=False)
    code.drawOn(canvas, BARCODE.left + (BARCODE.width - code.width) / 2, BARCODE.bottom)


def _draw_qr(canvas: Canvas, value: str) -> None:
    """Draw a QR code as one path of horizontal runs: a shape a module takes six times as long."""
    code = QrCodeWidget(value, barLevel="M").qr
    code.make()
    size = QR.width / (code.getModuleCount() + 2 * QR_SILENCE)
    path = canvas.beginPath()
    for row, modules in enumerate(code.modules):
        bottom = QR.bottom + QR.height - (row + 1 + QR_SILENCE) * size
        start = QR_SILENCE
        for dark, run in groupby(modules):
            length = len(list(run))
            if dark:
                path.rect(QR.left + start * size, bottom, length * size, size)
            start += length
    canvas.drawPath(path, stroke=0, fill=1)


def _qr_text(parcel: str, reference: str, recipient: Sequence[str]) -> str:
    """Give the parcel, the order, and the address in its own letters, if all that stays legible."""
    whole = "\n".join([parcel, reference, *recipient])
    return whole if len(whole.encode()) <= QR_BYTES else parcel
