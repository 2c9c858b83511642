"""What WooCommerce's refusals mean, where their status alone misleads."""

from hub.sdk import (
    AccountStoppedError,
    AuthError,
    RejectedError,
    TransientError,
    UnknownOutcomeError,
)
from hub.sdk.http import Response
from hub.sdk.payload import UnreadableJsonError, clean_json

_ADVICE = {
    "woocommerce_rest_authentication_error": "check the key's secret and permissions "
    "(WooCommerce, Settings, Advanced, REST API), and this machine's clock",
    "woocommerce_rest_cannot_view": "the key is unknown or may not read this, "
    "or the web server drops the Authorization header",
    "woocommerce_rest_cannot_create": "the key, or its user, may not write this",
    "woocommerce_rest_cannot_edit": "the key, or its user, may not write this",
    "woocommerce_rest_cannot_batch": "the key, or its user, may not write this",
}

_REFUND = "woocommerce_rest_cannot_create_order_refund"
_FINAL_500 = frozenset(
    {
        (_REFUND, "Invalid refund amount."),
        (_REFUND, "The payment gateway for this order does not support automatic refunds."),
    }
)
"""Refusals that WooCommerce answers with 500. Their code alone says too little: a gateway that
broke off half-way through a refund has the same one."""

_NO_SUCH = ("invalid_id", "invalid_order_id", "invalid_order_refund_id")
"""How the codes end with which WooCommerce says that an id names nothing."""


def classify(answer: Response) -> Exception | None:
    """Name what WooCommerce means where the status alone misleads."""
    if answer.status < 400:
        return None
    code, message = _said(answer)
    text = f"{answer.about} answered {answer.status}: {message} ({code})"
    if answer.status == 410 and code in ("", "wp_die") and not answer.effect:
        # WordPress itself, before WooCommerce: a network of sites shut this one.
        return AccountStoppedError(f"{text.removesuffix(' ()')}: the site is archived or suspended")
    if not code:
        return _not_from_woocommerce(answer)
    if answer.status in (401, 403):
        return _refused_to_us(answer, code, message, text)
    if code == "rest_no_route":
        return RejectedError(f"{text}; is WooCommerce active in this WordPress?", "no_route")
    if code.endswith(_NO_SUCH):
        return RejectedError(text, "not_found")
    if (code, message) in _FINAL_500:
        return RejectedError(text, code)
    if answer.status in (400, 404, 413, 422):
        return RejectedError(text, code)
    return None


def _refused_to_us(answer: Response, code: str, message: str, text: str) -> Exception:
    if "nonce" in message.lower():
        # Something between us sent the request twice: the other one may have been done.
        return (UnknownOutcomeError if answer.effect else TransientError)(text)
    advice = _ADVICE.get(code)
    return AuthError(f"{text}: {advice}" if advice else text)


def _not_from_woocommerce(answer: Response) -> Exception | None:
    if answer.status == 404:
        return RejectedError(
            f"{answer.about}: there is no REST interface at this address; check it, and in "
            "WordPress let Settings, Permalinks be anything but Plain",
            "no_interface",
        )
    if answer.status == 403:
        text = f"{answer.about} answered 403, not from WooCommerce: a firewall or host refuses us"
        return (UnknownOutcomeError if answer.effect else TransientError)(text)
    return None


def _said(answer: Response) -> tuple[str, str]:
    try:
        document = clean_json(answer.body)
    except UnreadableJsonError:
        return "", ""
    if not isinstance(document, dict) or not isinstance(document.get("code"), str):
        return "", ""
    return document["code"][:100], str(document.get("message", ""))[:300]
