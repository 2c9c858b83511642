"""What a parcel weighs."""

from collections.abc import Iterable

from hub.records.policy import Policy


def parcel_weight_g(
    units: Iterable[tuple[int, int | None]], policy: Policy, box_g: int | None = None
) -> int:
    """Weigh a parcel of (units, grams each), in grams, its box included, or the policy's packaging.

    A parcel in which nothing has a weight counts as the policy's default parcel.
    """
    known = [(count, grams) for count, grams in units if grams]
    if not known:
        return policy.default_package_g
    return sum(count * grams for count, grams in known) + (box_g or policy.packaging_g)
