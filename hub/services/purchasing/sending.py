"""Sending a purchase order: by mail as an effect, or as files that a person sends."""

from sqlalchemy import Connection, select

from hub.domain.effects import EffectState, Need
from hub.domain.purchasing import PurchaseAct
from hub.paper.purchase import OrderedLine, PurchasePaper, purchase_csv, purchase_pdf
from hub.records.address import Party
from hub.records.connection import Family
from hub.records.message import Attachment, Correspondent, OutgoingMessage
from hub.records.purchase import PurchaseState
from hub.registry import Opened
from hub.sdk.capabilities import Accepted, SendMessage
from hub.services.context import Hub
from hub.services.effects.effect_kind import EffectKind, nothing_more, offered
from hub.services.purchasing.incoming import tell_incoming
from hub.services.purchasing.stored import (
    PurchaseRefusedError,
    StoredPurchase,
    for_act,
    get_purchase,
    note_fact,
)
from hub.services.purchasing.suppliers import contact_of
from hub.services.work import owe
from hub.store import effects, tables
from hub.store.connections import Connected, list_connections
from hub.store.effects import Effect
from hub.store.sealing import Keyring
from hub.store.unit_of_work import Unit

PURCHASE = "purchase_order"


class NoMailError(PurchaseRefusedError):
    """There is no way to write to this supplier; the text says what would be one."""


def paper_of(database: Connection, keyring: Keyring, order: StoredPurchase) -> PurchasePaper:
    """Give what an order says on paper; raises `ErasedError` when its contact was erased."""
    supplier, place = tables.supplier, tables.location
    title = database.execute(
        select(supplier.c.title).where(supplier.c.id == order.row.supplier_id)
    ).scalar_one()
    here = database.execute(select(place).where(place.c.id == order.row.location_id)).one()
    deliver_to = Party(
        company=here.title, street=(here.street,) if here.street else (), city=here.city,
        region=here.region, postal_code=here.postal_code, country=here.country,
    )  # fmt: skip
    return PurchasePaper(
        order.row.number, order.row.currency,
        contact_of(database, keyring, order.row.supplier_id), title, deliver_to,
        order.row.created_at, order.row.expected_at if order.row.sent_at is None else None,
        tuple(
            OrderedLine(line.supplier_sku, line.sku, line.title, units, line.unit_price)
            for line in order.lines
            if (units := line.ordered - line.cancelled)
        ),
    )  # fmt: skip


def purchase_files(hub: Hub, number: str) -> dict[str, bytes]:
    """Give the files of an order by name: its PDF and its CSV."""
    with hub.store.reading() as database:
        paper = paper_of(database, hub.store.keyring, get_purchase(database, number))
    return {
        f"{paper.number}.pdf": purchase_pdf(paper), f"{paper.number}.csv": purchase_csv(paper),
    }  # fmt: skip


def send_purchase(hub: Hub, number: str) -> str:
    """Owe the mail that carries an approved order; gives the effect.

    Raises `NoMailError` when no mail is connected or the supplier has no address.
    """
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.SEND)
        contact = contact_of(unit.connection, unit.keyring, order.row.supplier_id)
        if contact is None or not contact.email:
            raise NoMailError("nobody knows this supplier's mail: hub suppliers add CODE --email")
        mail = _mail(hub, unit)
        key = f"purchase:{order.id}:{_times_refused(unit, order)}"
        effect_id = effects.prepare(unit, PURCHASE, mail.id, key, order.id)
        assert effect_id is not None, "the order is locked, and every earlier mail was refused"
        owe(unit, "perform_effect", effect_id, mail.id)
    return effect_id


def _times_refused(unit: Unit, order: StoredPurchase) -> int:
    """Count the mails that provably did not go out; raises where one may have."""
    effect = tables.effect
    states = unit.execute(
        select(effect.c.state).where(effect.c.kind == PURCHASE, effect.c.subject_id == order.id)
    ).scalars()
    known = list(states)
    if any(state != EffectState.REFUSED for state in known):
        raise PurchaseRefusedError(
            f"{order.row.number} is on its way by mail already; hub effects list shows it"
        )
    return len(known)


def _mail(hub: Hub, unit: Unit) -> Connected:
    for one in list_connections(unit.connection):
        sends = SendMessage in hub.registry.connector(one.connector).provides
        if one.family == Family.SUPPORT and one.writes and sends:
            return one
    raise NoMailError(
        "no connected mail may write: connect one, or write the files with --out and mark it sent"
    )


def mark_sent(hub: Hub, number: str, by: str) -> PurchaseState:
    """Keep a person's word that the order was sent."""
    with hub.store.unit_of_work() as unit:
        order = for_act(unit, number, PurchaseAct.SEND)
        return _was_sent(unit, order.id, by)


def _was_sent(unit: Unit, order_id: str, by: str) -> PurchaseState:
    state = note_fact(unit, order_id, sent_at=unit.now, sent_by=by)
    tell_incoming(unit, order_id)
    return state


_DOUBTFUL = (EffectState.SENT, EffectState.UNKNOWN, EffectState.NEEDS_OPERATOR)
"""A mail in one of these may have reached the supplier, or may not."""


def refuse_while_mailed(unit: Unit, order: StoredPurchase) -> None:
    """Raise while nobody knows whether the supplier has the order: its mail is on its way."""
    effect = tables.effect
    mailed = select(effect.c.id).where(
        effect.c.kind == PURCHASE, effect.c.subject_id == order.id,
        effect.c.state.in_([one.value for one in _DOUBTFUL]),
    )  # fmt: skip
    if unit.execute(mailed).first() is not None:
        raise PurchaseRefusedError(
            f"the mail of {order.row.number} is going out: see hub effects list, then cancel"
        )


def wake_mail(unit: Unit, order_id: str) -> None:
    """Ring for the mail of an order that waited for its hold."""
    effect = tables.effect
    waiting = unit.execute(
        select(effect.c.id, effect.c.connection_id).where(
            effect.c.kind == PURCHASE, effect.c.subject_id == order_id,
            effect.c.state.in_([EffectState.PREPARED.value, EffectState.UNKNOWN.value]),
        )
    ).all()  # fmt: skip
    for row in waiting:
        owe(unit, "perform_effect", row.id, row.connection_id)


# -- the effect --------------------------------------------------------------------------------


def _load(database: Connection, keyring: Keyring, effect: Effect) -> OutgoingMessage:
    paper = paper_of(database, keyring, get_purchase(database, effect.subject_id))
    assert paper.supplier is not None, "the address was there when it was owed"
    text = (
        f"Please find our order {paper.number} attached, {len(paper.lines)} lines, "
        f"{paper.total} {paper.currency} in all.\n\nPlease confirm it with the day of delivery."
    )
    return OutgoingMessage(
        to=Correspondent(address=paper.supplier.email, name=paper.supplier.name),
        subject=f"Purchase order {paper.number}", text=text,
        attachments=(
            Attachment(name=f"{paper.number}.pdf", media_type="application/pdf",
                       content=purchase_pdf(paper)),
            Attachment(name=f"{paper.number}.csv", media_type="text/csv",
                       content=purchase_csv(paper)),
        ),
    )  # fmt: skip


def _send(opened: Opened, message: OutgoingMessage, key: str) -> Accepted:
    return offered(opened, SendMessage).send_message(message, key=key)


def _find(opened: Opened, message: OutgoingMessage, key: str) -> Accepted | None:
    return offered(opened, SendMessage).find_message(message, key=key)


def _succeeded(unit: Unit, effect: Effect, answer: Accepted) -> None:
    order = get_purchase(unit.connection, effect.subject_id)
    if order.row.sent_at is None:
        _was_sent(unit, order.id, "mail")


def _need(database: Connection, effect: Effect) -> Need:
    order = get_purchase(database, effect.subject_id)
    if order.row.held_at is not None:
        return Need.ON_HOLD
    return Need.WANTED if order.state == PurchaseState.APPROVED else Need.OVER


PURCHASE_KIND = EffectKind(
    SendMessage, _load, _send, _find, lambda accepted: accepted.external_id, _succeeded,
    nothing_more, nothing_more, _need,
)  # fmt: skip
