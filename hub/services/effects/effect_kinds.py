"""Every kind of effect there is."""

from collections.abc import Mapping

from hub.services.effects.effect_kind import EffectKind
from hub.services.orders.cancelling import CANCELLATION, CANCELLATION_KIND
from hub.services.orders.refunding import REFUND, REFUND_KIND
from hub.services.shipping.announcements import ANNOUNCEMENT, ANNOUNCEMENT_KIND
from hub.services.shipping.labels import LABEL, LABEL_KIND
from hub.services.shipping.voids import VOID, VOID_KIND

__all__ = [
    "ANNOUNCEMENT", "CANCELLATION", "EFFECTS", "LABEL", "REFUND", "VOID", "EffectKind",
]  # fmt: skip

EFFECTS: Mapping[str, EffectKind] = {
    LABEL: LABEL_KIND,
    VOID: VOID_KIND,
    ANNOUNCEMENT: ANNOUNCEMENT_KIND,
    REFUND: REFUND_KIND,
    CANCELLATION: CANCELLATION_KIND,
}
