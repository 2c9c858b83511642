"""What is given back for returned goods: price × grade and reason, less fees; never too much."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.domain.refunds import share_of
from hub.domain.returns_policy import grade_rule
from hub.records.return_policy import GradeRule, ReturnPolicy
from hub.records.returns import Grade, ReturnReason


@dataclass(frozen=True)
class Due:
    """Units of one return line whose money is to be decided about; amounts in minor units."""

    line_id: str
    line_external_id: str
    sku: str
    reason: ReturnReason
    graded: tuple[tuple[Grade, int], ...]
    """(grade, units); what nobody has looked at yet counts as A."""
    paid_minor: int
    """For the whole order line, after discounts, with tax."""
    tax_minor: int
    quantity: int
    """Units of the whole order line."""
    before: int = 0
    """Units of it whose money was given back earlier."""


@dataclass(frozen=True)
class Given:
    """What one line gets. Units denied get nothing; units left undecided wait for a person."""

    line_id: str
    line_external_id: str
    units: int
    amount_minor: int
    tax_minor: int
    denied: int = 0
    undecided: int = 0


@dataclass(frozen=True)
class Around:
    """What counts besides the goods themselves; amounts in minor units."""

    left_minor: int
    """What may still be given back of the order."""
    whole_order: bool = False
    """Whether with these units all that was shipped is back."""
    shipping_minor: int = 0
    """Outward shipping that was paid and not given back yet."""
    label_used: bool = False
    """Whether the merchant's label brought it, and nothing was kept for it yet."""


@dataclass(frozen=True)
class Giving:
    """The whole amount and the sentences that explain it."""

    lines: tuple[Given, ...]
    shipping_minor: int
    fee_minor: int
    total_minor: int
    reasons: tuple[str, ...]


def work_out(policy: ReturnPolicy, dues: Sequence[Due], around: Around) -> Giving:
    """Work out what is given back for these units, and why."""
    told: list[str] = []
    lines = [_line(policy, due, told) for due in dues]
    shipping = _shipping(policy, dues, around, told)
    fee = min(_fee(policy, dues, around), sum(line.amount_minor for line in lines))
    if fee:
        told.append(f"{fee} is kept for the return label")
    lines = _take_off(lines, fee)
    total = sum(line.amount_minor for line in lines) + shipping
    if total > (left := max(0, around.left_minor)):
        told.append(f"{total} would be due, {left} is left to give back")
        over = total - left
        lines = _take_off(lines, over - min(over, shipping))
        shipping -= min(over, shipping)
        total = left
    return Giving(tuple(lines), shipping, fee, total, tuple(told))


def _line(policy: ReturnPolicy, due: Due, told: list[str]) -> Given:
    place, given = due.before, Given(due.line_id, due.line_external_id, 0, 0, 0)
    for grade, units in due.graded:
        rule = grade_rule(policy, grade, due.reason)
        if rule is None:
            told.append(f"{units} of {due.sku}: no rule for grade {grade} and {due.reason}")
            given = replace(given, undecided=given.undecided + units)
            continue
        payable = max(0, min(units, due.quantity - place))
        if payable < units:
            told.append(f"{units - payable} of {due.sku}: their money was given back before")
            given = replace(given, denied=given.denied + units - payable)
        gross = share_of(due.paid_minor, place, payable, due.quantity)
        amount = _part(gross, rule.percent)
        kept = _part(amount, rule.restocking_fee_percent)
        told.append(_sentence(due, grade, payable, rule, gross, kept))
        if amount - kept <= 0:
            given = replace(given, denied=given.denied + payable)
            continue
        tax = share_of(due.tax_minor, place, payable, due.quantity)
        given = replace(
            given, units=given.units + payable, amount_minor=given.amount_minor + amount - kept,
            tax_minor=given.tax_minor + _scaled(tax, amount - kept, gross),
        )  # fmt: skip
        place += payable
    return given


def _sentence(due: Due, grade: Grade, units: int, rule: GradeRule, gross: int, kept: int) -> str:
    said = f"{units} of {due.sku}, grade {grade}, {due.reason}: {rule.percent} % of {gross}"
    return f"{said}, less {kept} for restocking" if kept else said


def _shipping(policy: ReturnPolicy, dues: Sequence[Due], around: Around, told: list[str]) -> int:
    ours = all(due.reason in policy.shipping_refund_reasons for due in dues)
    if not (around.whole_order and ours and around.shipping_minor > 0):
        return 0
    told.append(f"all of it came back through no fault of the customer: {around.shipping_minor} "
                "of shipping is given back")  # fmt: skip
    return around.shipping_minor


def _fee(policy: ReturnPolicy, dues: Sequence[Due], around: Around) -> int:
    free = all(due.reason in policy.no_fee_reasons for due in dues)
    return policy.label_fee_minor if around.label_used and not free else 0


def _take_off(lines: Sequence[Given], amount: int) -> list[Given]:
    """Take an amount off the lines, the last first; a line's tax shrinks with it."""
    left: list[Given] = []
    for line in reversed(lines):
        off = min(amount, line.amount_minor)
        amount -= off
        rest = line.amount_minor - off
        tax = _scaled(line.tax_minor, rest, line.amount_minor)
        left.append(replace(line, amount_minor=rest, tax_minor=tax))
    return left[::-1]


def _part(amount: int, percent: int) -> int:
    """Give a percentage, half a cent rounded up."""
    return (2 * amount * percent + 100) // 200


def _scaled(tax: int, part: int, whole: int) -> int:
    return (2 * tax * part + whole) // (2 * whole) if whole else 0
