"""From an error to one sentence and an exit code; loaded only when something went wrong."""

from pydantic import ValidationError

from hub.cli.exits import CommandError, Exit
from hub.domain.reorder.plan import UnknownRuleError
from hub.domain.routing import UnknownStageError
from hub.domain.tickets import TicketActError
from hub.registry import PluginConflictError, UnknownConnectorError
from hub.sdk.errors import (
    AuthError,
    ConfigError,
    HubError,
    RateLimitedError,
    SignatureError,
    TransientError,
)
from hub.sdk.redaction import redact
from hub.services.orders.cancelling import CancelRefusedError
from hub.services.orders.refunding import RefundRefusedError
from hub.services.orders.reship import ReshipRefusedError
from hub.services.orders.splitting import SplitRefusedError
from hub.services.orders.tags import TagRefusedError
from hub.services.purchasing.stored import PurchaseRefusedError, UnknownPurchaseError
from hub.services.purchasing.suppliers import SupplierFileError, UnknownSupplierError
from hub.services.returns.rows import ReturnRefusedError, UnknownReturnError
from hub.services.rulebooks import RulesError, UnknownRulebookError
from hub.services.shipping.handover import NotHandedOverError
from hub.services.tickets.mailboxes import NobodyToAnswerError
from hub.services.tickets.subjects import UnknownSubjectError
from hub.services.vendors.listing_push import NoListingError
from hub.services.vendors.subscriptions import NoWebhooksError
from hub.services.warehouse.batches import FloorError
from hub.store.connections import DuplicateConnectionError, UnknownConnectionError
from hub.store.contention import is_bad_address, is_contention, no_answer
from hub.store.damage import CURE, is_damage
from hub.store.effects import EffectMovedError
from hub.store.engine import StorageError
from hub.store.jobs import JobRefusedError
from hub.store.ledger import StockConflictError
from hub.store.orders import UnknownOrderError
from hub.store.people import ErasedError
from hub.store.sealing import SealError
from hub.store.stock_names import StockRefusedError, UnknownItemError
from hub.store.tickets import TicketMovedError, UnknownTicketError

TABLE: tuple[tuple[type[Exception], Exit], ...] = (
    (UnknownOrderError, Exit.NOT_FOUND),
    (UnknownReturnError, Exit.NOT_FOUND),
    (UnknownConnectionError, Exit.NOT_FOUND),
    (UnknownTicketError, Exit.NOT_FOUND),
    (UnknownSubjectError, Exit.NOT_FOUND),
    (UnknownConnectorError, Exit.NOT_FOUND),
    (UnknownItemError, Exit.NOT_FOUND),
    (StockRefusedError, Exit.CONFLICT),
    (UnknownRulebookError, Exit.NOT_FOUND),
    (RulesError, Exit.WRONG_USAGE),
    (UnknownPurchaseError, Exit.NOT_FOUND),
    (UnknownSupplierError, Exit.NOT_FOUND),
    (PurchaseRefusedError, Exit.CONFLICT),
    (SupplierFileError, Exit.WRONG_USAGE),
    (UnknownRuleError, Exit.WRONG_USAGE),
    (UnknownStageError, Exit.WRONG_USAGE),
    (ErasedError, Exit.NOT_FOUND),
    (AuthError, Exit.ACCESS),
    (SignatureError, Exit.ACCESS),
    (SealError, Exit.ACCESS),
    (DuplicateConnectionError, Exit.CONFLICT),
    (PluginConflictError, Exit.CONFLICT),
    (StockConflictError, Exit.CONFLICT),
    (EffectMovedError, Exit.CONFLICT),
    (JobRefusedError, Exit.CONFLICT),
    (NotHandedOverError, Exit.CONFLICT),
    (RefundRefusedError, Exit.CONFLICT),
    (ReturnRefusedError, Exit.CONFLICT),
    (CancelRefusedError, Exit.CONFLICT),
    (SplitRefusedError, Exit.CONFLICT),
    (TagRefusedError, Exit.WRONG_USAGE),
    (NoListingError, Exit.NOT_FOUND),
    (NoWebhooksError, Exit.CONFLICT),
    (FloorError, Exit.CONFLICT),
    (NobodyToAnswerError, Exit.CONFLICT),
    (ReshipRefusedError, Exit.CONFLICT),
    (TicketActError, Exit.CONFLICT),
    (TicketMovedError, Exit.CONFLICT),
    (TransientError, Exit.VENDOR_UNAVAILABLE),
    (RateLimitedError, Exit.VENDOR_UNAVAILABLE),
    (ConfigError, Exit.WRONG_USAGE),
    (StorageError, Exit.FAILURE),
    (HubError, Exit.FAILURE),
)
"""The first line that fits counts: special cases stand above the families they belong to."""


def explain(error: Exception) -> tuple[str, Exit] | None:
    """Give the sentence and the exit code of an error; None for one that nobody foresaw."""
    if isinstance(error, CommandError):
        return redact(str(error)), error.exit
    for kind, code in TABLE:
        if isinstance(error, kind):
            return redact(str(error)), code
    if isinstance(error, ValidationError) and error.title == "Settings":
        return _setting(error), Exit.WRONG_USAGE
    if is_damage(error):
        return f"the database is damaged: {CURE}", Exit.FAILURE
    if is_contention(error):
        return "the database is busy; try again", Exit.FAILURE
    if (said := no_answer(error)) is not None:
        return f"the database does not answer: {redact(said)}", Exit.FAILURE
    if is_bad_address(error):
        return "HUB_DATABASE_URL cannot be read; write postgresql://…", Exit.WRONG_USAGE
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), Exit.FAILURE
    return None


def _setting(error: ValidationError) -> str:
    """Name the setting and the rule, never the value."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"HUB_{str(one['loc'][0]).upper()}: {one['msg']}" for one in faults)
