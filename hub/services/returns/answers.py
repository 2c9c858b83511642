"""What the shop, and through it the customer, is told of a return: an effect, once an answer."""

from sqlalchemy import Connection, select

from hub.records.returns import ReturnAnswer
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, AnswerReturn
from hub.services.context import Hub
from hub.services.effects.effect_kind import EffectKind, always_wanted, nothing_more, offered
from hub.services.returns.rows import StoredReturn, tell
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.connections import get_connection
from hub.store.effects import Effect
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

RETURN_ANSWER = "return_answer"

_return = tables.sales_return


def owe_answer(unit: Unit, hub: Hub, stored: StoredReturn, approved: bool) -> None:
    """Owe the answer where the shop can be given one; else somebody must write to the customer."""
    if stored.row.connection_id is None:
        return
    shop = get_connection(unit.connection, stored.row.connection_id)
    if AnswerReturn not in hub.registry.connector(shop.connector).provides:
        return tell(unit, stored.id, f"{shop.code} cannot be told: answer the customer", "hub")
    verdict = "approved" if approved else "declined"
    key = f"return_answer:{stored.id}:{verdict}"
    effect_id = effects.prepare(unit, RETURN_ANSWER, shop.id, key, stored.id)
    if effect_id:
        owe(unit, "perform_effect", effect_id, shop.id)


def _load(database: Connection, keyring: Keyring, effect: Effect) -> ReturnAnswer:
    """Read the answer as it was when it was owed: a repeat must say the same."""
    order, place = tables.sales_order, tables.location
    row = database.execute(
        select(_return, order.c.external_id.label("order"), place.c.title, place.c.city)
        .join(order, order.c.id == _return.c.order_id)
        .outerjoin(place, place.c.id == _return.c.location_id)
        .where(_return.c.id == effect.subject_id)
    ).one()
    approved = effect.key.endswith(":approved")
    text = f"Your return {row.number} is declined."
    if approved:
        to = ", ".join(part for part in (row.title, row.city) if part)
        text = f"Your return {row.number} is approved. Write this number on the parcel to {to}."
    return ReturnAnswer(
        order_external_id=row.order, return_external_id=row.external_id or "", number=row.number,
        approved=approved, text=text,
    )  # fmt: skip


def _answer(opened: Opened, request: ReturnAnswer, key: str) -> Accepted:
    return offered(opened, AnswerReturn).answer_return(request, key=key)


def _find(opened: Opened, request: ReturnAnswer, key: str) -> Accepted | None:
    return offered(opened, AnswerReturn).find_answer(request, key=key)


RETURN_ANSWER_KIND = EffectKind(
    AnswerReturn, _load, _answer, _find, lambda accepted: accepted.external_id, nothing_more,
    nothing_more, nothing_more, always_wanted,
)  # fmt: skip
