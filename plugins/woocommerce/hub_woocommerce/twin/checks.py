"""The parameter checks WordPress makes before a handler sees a request, with its own sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from hub_woocommerce.twin.wire import Call, Refusal

Problem = tuple[str, str, Any]  # message, code, data
Check = Callable[[str, Any], Problem | None]

ORDER_STATUSES = (
    "auto-draft", "pending", "processing", "on-hold", "completed", "cancelled", "refunded",
    "failed", "checkout-draft",
)  # fmt: skip
PRODUCT_STATUSES = ("draft", "pending", "private", "publish", "future", "auto-draft", "trash")
DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::\d\d)?)?")


def listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + f", and {words[-1]}"


def one_of(*allowed: str) -> Check:
    def check(name: str, value: Any) -> Problem | None:
        if value in allowed:
            return None
        return f"{name} is not one of {listed(allowed)}.", "rest_not_in_enum", None

    return check


def several_of(*allowed: str) -> Check:
    def check(name: str, values: Any) -> Problem | None:
        single = one_of(*allowed)
        problems = (single(f"{name}[{at}]", value) for at, value in enumerate(values))
        return next((problem for problem in problems if problem), None)

    return check


def of_type(kind: str) -> Check:
    def check(name: str, value: Any) -> Problem | None:
        if TYPES[kind](value):
            return None
        return f"{name} is not of type {kind}.", "rest_invalid_type", {"param": name}

    return check


def between(low: int, high: int) -> Check:
    def check(name: str, value: Any) -> Problem | None:
        if not _is_integer(value):
            return of_type("integer")(name, value)
        if low <= int(float(value)) <= high:
            return None
        message = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
        return message, "rest_out_of_bounds", None

    return check


def at_least(low: int) -> Check:
    def check(name: str, value: Any) -> Problem | None:
        if not _is_integer(value):
            return of_type("integer")(name, value)
        if int(float(value)) >= low:
            return None
        return f"{name} must be greater than or equal to {low}", "rest_out_of_bounds", None

    return check


def a_date(_name: str, value: Any) -> Problem | None:
    try:
        if DATE.fullmatch(str(value)):
            datetime.fromisoformat(str(value).upper().replace(" ", "T"))
            return None
    except ValueError:
        pass
    return "Invalid date.", "rest_invalid_date", None


def an_address(_name: str, value: Any) -> Problem | None:
    email = value.get("email") if isinstance(value, Mapping) else None
    if not email or re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        return None
    return "Invalid email address.", "rest_invalid_email", None


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    try:
        return float(value) == round(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


TYPES: dict[str, Callable[[Any], bool]] = {
    "integer": _is_integer,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: value in (True, False, "true", "false", "0", "1"),
    "array": lambda value: isinstance(value, list),
}

COLLECTION: dict[str, Check] = {
    "page": at_least(1),
    "per_page": between(1, 100),
    "offset": of_type("integer"),
    "order": one_of("asc", "desc"),
    "orderby": one_of("date", "id", "include", "title", "slug", "modified"),
    "after": a_date,
    "before": a_date,
    "modified_after": a_date,
    "modified_before": a_date,
}
ORDER_LIST = COLLECTION | {"status": several_of("any", "trash", *ORDER_STATUSES)}
PRODUCT_LIST = COLLECTION | {
    "status": several_of("any", "future", "trash", "draft", "pending", "private", "publish"),
}
ORDER_BODY: dict[str, Check] = {
    "status": one_of(*ORDER_STATUSES),
    "customer_id": of_type("integer"),
    "billing": an_address,
    "set_paid": of_type("boolean"),
    "line_items": of_type("array"),
    "meta_data": of_type("array"),
    "customer_note": of_type("string"),
    "transaction_id": of_type("string"),
}
PRODUCT_BODY: dict[str, Check] = {
    "name": of_type("string"),
    "sku": of_type("string"),
    "status": one_of(*PRODUCT_STATUSES),
    "regular_price": of_type("string"),
    "sale_price": of_type("string"),
    "manage_stock": of_type("boolean"),
    "stock_quantity": of_type("integer"),
    "stock_status": one_of("instock", "outofstock", "onbackorder"),
    "meta_data": of_type("array"),
}
NOTE_BODY: dict[str, Check] = {
    "note": of_type("string"),
    "customer_note": of_type("boolean"),
    "added_by_user": of_type("boolean"),
}


def check_query(call: Call, checks: Mapping[str, Check]) -> None:
    """Raise rest_invalid_param for the first look at a list's parameters."""
    given = {
        name: call.many(name) if name == "status" else call.one(name)
        for name in checks
        if call.has(name)
    }
    check(given, checks)


def check(given: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Raise rest_invalid_param naming every parameter that is wrong."""
    found = {name: checks[name](name, given[name]) for name in given if name in checks}
    problems = {name: problem for name, problem in found.items() if problem}
    if not problems:
        return
    details = {
        name: {"code": code, "message": message, "data": data}
        for name, (message, code, data) in problems.items()
    }
    params = {name: message for name, (message, _, _) in problems.items()}
    raise Refusal(
        "rest_invalid_param",
        f"Invalid parameter(s): {', '.join(problems)}",
        400,
        {"params": params, "details": details},
    )


def require(given: Mapping[str, Any], *names: str) -> None:
    """Raise rest_missing_callback_param for parameters that must be there."""
    if missing := [name for name in names if name not in given]:
        raise Refusal(
            "rest_missing_callback_param",
            f"Missing parameter(s): {', '.join(missing)}",
            400,
            {"params": missing},
        )
