"""Every kind of effect there is."""

from collections.abc import Mapping

from hub.services.effects.effect_kind import EffectKind
from hub.services.orders.cancelling import CANCELLATION, CANCELLATION_KIND
from hub.services.orders.refunding import REFUND, REFUND_KIND
from hub.services.purchasing.sending import PURCHASE, PURCHASE_KIND
from hub.services.returns.answers import RETURN_ANSWER, RETURN_ANSWER_KIND
from hub.services.returns.labels import (
    RETURN_LABEL,
    RETURN_LABEL_KIND,
    RETURN_VOID,
    RETURN_VOID_KIND,
)
from hub.services.shipping.announcements import ANNOUNCEMENT, ANNOUNCEMENT_KIND
from hub.services.shipping.labels import LABEL, LABEL_KIND
from hub.services.shipping.voids import VOID, VOID_KIND
from hub.services.tickets.sending import MESSAGE, MESSAGE_KIND

__all__ = [
    "ANNOUNCEMENT", "CANCELLATION", "EFFECTS", "LABEL", "MESSAGE", "PURCHASE", "REFUND", "VOID",
    "EffectKind",
]  # fmt: skip

EFFECTS: Mapping[str, EffectKind] = {
    LABEL: LABEL_KIND,
    VOID: VOID_KIND,
    ANNOUNCEMENT: ANNOUNCEMENT_KIND,
    REFUND: REFUND_KIND,
    CANCELLATION: CANCELLATION_KIND,
    MESSAGE: MESSAGE_KIND,
    PURCHASE: PURCHASE_KIND,
    RETURN_LABEL: RETURN_LABEL_KIND,
    RETURN_VOID: RETURN_VOID_KIND,
    RETURN_ANSWER: RETURN_ANSWER_KIND,
}
