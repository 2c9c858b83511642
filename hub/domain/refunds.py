"""What a refund changes: what is still to be shipped, and how much more may be given back."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RefundedLine:
    """A line of an open order, with the units of it whose money was given back."""

    id: str
    title: str
    quantity: int
    cancelled: int
    allocated: int
    shipped: int
    refunded: int


@dataclass(frozen=True)
class LeaveOut:
    """What is no longer to be shipped; doubts are sentences that only a person can settle."""

    cancelled: tuple[tuple[str, int], ...] = ()
    """(line, units cancelled in all); only lines of which nothing lies in a parcel."""
    take_back: bool = False
    """Units lie in a parcel that should not leave as it is."""
    doubts: tuple[str, ...] = ()


def leave_out(lines: Sequence[RefundedLine], unnamed: Sequence[str]) -> LeaveOut:
    """Decide what a partly refunded order still ships.

    Units refunded before anything of their line was shipped are not shipped. Of a line that was
    shipped in part nobody can tell which units were meant; the same holds for `unnamed` refunds
    (amounts as text) that name no unit while something is still to be shipped.
    """
    cancelled: list[tuple[str, int]] = []
    doubts: list[str] = []
    take_back = False
    for line in lines:
        left = line.quantity - line.cancelled - line.shipped
        if not line.refunded or left <= 0:
            continue
        if line.shipped:
            doubts.append(
                f"{line.refunded} of {line.title} were refunded and {line.shipped} are shipped: "
                f"say whether the other {left} are still to be shipped"
            )
            continue
        wanted = min(line.refunded, line.quantity)
        if wanted <= line.cancelled:
            continue
        if line.allocated:
            take_back = True
        else:
            cancelled.append((line.id, wanted))
    if any(line.quantity - line.cancelled - line.shipped > 0 for line in lines):
        doubts += [
            f"{amount} was refunded for no line in particular: say what is still to be shipped"
            for amount in unnamed
        ]
    return LeaveOut(tuple(cancelled), take_back, tuple(doubts))


def share_of(amount_minor: int, before: int, units: int, of: int) -> int:
    """Give the part of an amount that `units` are, of a line of `of`, after `before` of them.

    Each unit's cents are fixed by its place, so all parts together are the amount, to the cent.
    """

    def up_to(count: int) -> int:
        return (2 * amount_minor * count + of) // (2 * of)

    return up_to(before + units) - up_to(before)
