"""Order rules at work: asked when an order is placed or changed; each firing is a decision.

A rule fires once for what it looked at. When a person undoes what it did, it does not do it again
until one of the values it looks at, or the rule itself, has changed.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from hub.domain.conditions import Value
from hub.domain.order_rules import Firing, Known, Unanswered, firings, values_of
from hub.records.order import ChannelState, HoldReason, Phase
from hub.records.order_rules import OrderRule, OrderRules, RuleAction
from hub.records.payment import Verdict
from hub.records.ticket import ExceptionKind
from hub.services.context import Hub
from hub.services.orders.holds import open_holds, place_hold, release_placed
from hub.services.orders.tags import clean_tag, tag_order, untag_order
from hub.services.rulebooks import InForce, rules_in_force
from hub.services.tickets.exceptions import close_exception, open_exception
from hub.services.work import owe
from hub.store import tables
from hub.store.connections import Connected
from hub.store.decisions import keep_decision
from hub.store.orders import StoredOrder
from hub.store.unit_of_work import Unit

RULE = "order_rule"
"""The kind of the decisions: one outcome `fired: NAME`, `over: NAME` or `no answer: NAME`."""
MARK = "rule:"
"""Before the name of a rule, wherever it stands as the one who did something."""


def apply_order_rules(unit: Unit, shop: Connected, order: StoredOrder) -> None:
    """Ask every rule about an order, do what fits, and take back what no longer does.

    Of an order that was there before the hub nothing follows until a person releases it.
    """
    if HoldReason.IMPORTED in open_holds(unit, order.id):
        return
    known = rules_in_force(unit.connection, OrderRules)
    last = _last_decisions(unit, order.id)
    if not known.rules.rules and not last:
        return
    values = variables_of(unit.connection, shop.code, order)
    fitting, unanswered = firings(known.rules.rules, values)
    for rule_name, before in last.items():
        if before["fires"] and rule_name not in {one.rule.name for one in fitting}:
            _take_back(unit, order, known.version, before)
    for firing in fitting:
        _fire(unit, order, known, firing, last.get(firing.rule.name))
    for missing in unanswered:
        _without_answer(unit, order, known.version, missing, last.get(missing.rule.name))
    _set_wishes(unit, order.id, fitting)


def ask_open_orders(hub: Hub) -> int:
    """Owe a look at every order still to be shipped, by the rules of now; gives how many."""
    orders = tables.sales_order
    over = [Phase.CLOSED.value, Phase.CANCELLED.value, Phase.DELIVERED.value, Phase.DRAFT.value]
    query = select(orders.c.id).where(
        orders.c.history.is_(False), orders.c.channel_state == ChannelState.OPEN.value,
        orders.c.phase.not_in(over),
    )  # fmt: skip
    with hub.store.unit_of_work() as unit:
        waiting = unit.execute(query.order_by(orders.c.placed_at)).scalars().all()
        for order_id in waiting:
            owe(unit, "accept_order", order_id)
    return len(waiting)


def variables_of(database: Connection, code: str, order: StoredOrder) -> dict[str, Value]:
    """Give what rules may know of an order."""
    tag = tables.order_tag
    tags = database.execute(
        select(tag.c.tag)
        .where(tag.c.order_id == order.id, tag.c.placed_by.not_like(f"{MARK}%"))
        .order_by(tag.c.tag)
    ).scalars()
    known = Known(
        code, order.ship_country, order.verdict == Verdict.PASSED, order.can_ship,
        all(line.counters.mapped for line in order.lines), tuple(tags),
    )  # fmt: skip
    return values_of(order.record, known)


def _last_decisions(unit: Unit, order_id: str) -> dict[str, dict[str, Any]]:
    """Give for each rule what was decided last; the newest decision counts."""
    kept = tables.decision
    rows = unit.execute(
        select(kept.c.document)
        .where(kept.c.subject_id == order_id, kept.c.kind == RULE)
        .order_by(kept.c.id)
    ).scalars()
    return {document["rule"]["name"]: document for document in rows}


def _fire(
    unit: Unit, order: StoredOrder, known: InForce[OrderRules], firing: Firing,
    before: Mapping[str, Any] | None,
) -> None:  # fmt: skip
    rule = firing.rule.to_document()
    if before and before["fires"] and before["rule"] == rule and before["inputs"] == firing.inputs:
        return  # it has done so already; if somebody undid it since, that stands
    if before and before["fires"] and before["rule"] != rule:
        _undo(unit, order, _rule(before))
    document = {"rule": rule, "version": known.version, "inputs": firing.inputs, "fires": True}
    reason = f"{firing.rule.when} is true: {firing.rule.then} {firing.rule.value}".rstrip()
    keep_decision(unit, order.id, RULE, f"fired: {firing.rule.name}",
                  {**document, "reasons": [reason]})  # fmt: skip
    _do(unit, order, firing.rule)


def _do(unit: Unit, order: StoredOrder, rule: OrderRule) -> None:
    by = MARK + rule.name
    if rule.then == RuleAction.HOLD:
        until = unit.now + timedelta(hours=rule.hold_hours) if rule.hold_hours else None
        place_hold(unit, order.id, HoldReason.POLICY, rule.value or rule.when, by, until)
    elif rule.then == RuleAction.TAG:
        tag_order(unit, order.id, clean_tag(rule.value), by)
    elif rule.then == RuleAction.SET_SHIPPING:
        _set_shipping(unit, order.id, "", rule.value)
    elif rule.then == RuleAction.NOTIFY:
        open_exception(unit, ExceptionKind.ORDER_NOTICE, f"{order.id}:{rule.name}",
                       f"{order.number}: {rule.value}", order.id)  # fmt: skip


def _take_back(unit: Unit, order: StoredOrder, version: int, before: Mapping[str, Any]) -> None:
    rule = _rule(before)
    keep_decision(
        unit, order.id, RULE, f"over: {rule.name}",
        {"rule": before["rule"], "version": version, "inputs": {}, "fires": False,
         "reasons": [f"{rule.when} is no longer true, or the rule is gone"]},
    )  # fmt: skip
    _undo(unit, order, rule)


def _undo(unit: Unit, order: StoredOrder, rule: OrderRule) -> None:
    by = MARK + rule.name
    if rule.then == RuleAction.HOLD:
        release_placed(unit, order.id, HoldReason.POLICY, by)
    elif rule.then == RuleAction.TAG:
        untag_order(unit, order.id, clean_tag(rule.value), by)
    elif rule.then == RuleAction.SET_SHIPPING:
        _set_shipping(unit, order.id, rule.value, "")
    elif rule.then == RuleAction.NOTIFY:
        note = "the order no longer fits the rule"
        close_exception(unit, ExceptionKind.ORDER_NOTICE, f"{order.id}:{rule.name}", note)


def _without_answer(
    unit: Unit, order: StoredOrder, version: int, missing: Unanswered,
    before: Mapping[str, Any] | None,
) -> None:  # fmt: skip
    """No answer is no "no": a rule that would hold the order holds it, until a person looked."""
    told = {"rule": missing.rule.to_document(), "version": version, "inputs": {}, "fires": False,
            "reasons": [missing.reason]}  # fmt: skip
    if before is not None and before["reasons"] == told["reasons"]:
        return
    keep_decision(unit, order.id, RULE, f"no answer: {missing.rule.name}", told)
    if missing.rule.then == RuleAction.HOLD:
        note = f"the rule {missing.rule.name} cannot be answered: {missing.reason}"
        place_hold(unit, order.id, HoldReason.POLICY, note, MARK + missing.rule.name)


def _set_wishes(unit: Unit, order_id: str, fitting: Sequence[Firing]) -> None:
    """Keep which service and location the rules ask for; routing reads them."""
    wishes = {one.rule.then: one.rule.value for one in fitting}
    orders = tables.sales_order
    service = wishes.get(RuleAction.SET_SERVICE, "")
    location = wishes.get(RuleAction.SET_LOCATION, "")
    unit.execute(
        update(orders)
        .where(orders.c.id == order_id,
               (orders.c.wanted_service != service) | (orders.c.wanted_location != location))
        .values(wanted_service=service, wanted_location=location)
    )  # fmt: skip


def _set_shipping(unit: Unit, order_id: str, before: str, after: str) -> None:
    """Say how an order ships, unless a person has said otherwise."""
    orders = tables.sales_order
    unit.execute(
        update(orders).where(orders.c.id == order_id, orders.c.ships == before).values(ships=after)
    )


def _rule(decided: Mapping[str, Any]) -> OrderRule:
    return OrderRule.model_validate_json(msgspec.json.encode(decided["rule"]))
