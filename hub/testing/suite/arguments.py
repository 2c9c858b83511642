"""What each verb is asked in a trial: from a sample, or from what another verb just gave."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hub.sdk.capabilities import (
    BuyLabel,
    BuyReturnLabel,
    CloseManifest,
    ListIdentities,
    ManageWebhooks,
    PullOrders,
    PullStock,
    PushListing,
    PushStock,
    QuoteRates,
    TrackParcels,
    VoidLabel,
)
from hub.testing.suite.verbs import Verb, partner

if TYPE_CHECKING:
    from hub.testing.suite.samples import Samples
    from hub.testing.suite.stage import Stage
    from hub.testing.suite.visit import Visit

Given = Mapping[str, Any]


class NoSampleError(Exception):
    """Nothing says what this verb is to be asked; the text says which file would."""


def has_sample(stage: "Stage", verb: Verb) -> bool:
    """Tell whether a verb can be tried, without trying anything."""
    if verb.sort == "translation":
        return bool(stage.samples.of(f"{verb.noun}s"))
    if verb.sort == "webhook":
        return bool(stage.samples.of("webhooks"))
    if verb.sort == "stream" or not verb.parameters or verb in DERIVED:
        return True
    if _written(stage, verb) is not None:
        return True
    source = _source(verb)
    return source is not None and has_sample(stage, source)


def is_borrowed(samples: "Samples", verb: Verb) -> bool:
    """Tell whether a verb is only ever asked what another verb's sample says."""
    source = _source(verb)
    if source is None or verb in DERIVED or verb.sort == "lookup":
        return False
    return samples.arguments(verb) is None


def arguments(stage: "Stage", visit: "Visit", verb: Verb, key: str) -> dict[str, Any]:
    """Give the arguments of a verb; raises `NoSampleError`."""
    if verb.sort == "stream":
        return {"cursor": None}
    given = _written(stage, verb)
    if given is None and verb in DERIVED:
        given = DERIVED[verb](stage, visit)
    if given is None and (source := _source(verb)) is not None:
        borrowed = arguments(stage, visit, source, key)
        names = RENAMED.get(verb, {})
        given = {names.get(name, name): value for name, value in borrowed.items()}
        given = {name: value for name, value in given.items() if name in verb.parameters}
    if given is None and verb.parameters.keys() - {"key"}:
        raise NoSampleError(f"there is no sample {verb}.json with the arguments of {verb}")
    return {**(given or {}), **({"key": key} if "key" in verb.parameters else {})}


def _written(stage: "Stage", verb: Verb) -> Given | None:
    given = stage.given(verb)
    return given if given is not None else stage.samples.arguments(verb)


def _source(verb: Verb) -> Verb | None:
    if verb.sort == "lookup":
        return partner(verb, "effect")
    return BORROWED.get(verb)


# --- what follows from what -----------------------------------------------------------------------

_BUY, _PUT = Verb(BuyLabel, "buy_label"), Verb(ManageWebhooks, "put_subscription")

BORROWED: Mapping[Verb, Verb] = {
    Verb(QuoteRates, "quote_rates"): _BUY,
    Verb(BuyReturnLabel, "buy_return_label"): _BUY,
    Verb(PullStock, "read_stock"): Verb(PushStock, "push_stock"),
    Verb(PushListing, "read_listings"): Verb(PushListing, "push_listings"),
}
"""Verb → the one whose arguments serve it as well."""

RENAMED: Mapping[Verb, Mapping[str, str]] = {
    Verb(PullStock, "read_stock"): {"targets": "listings"},
    Verb(PushListing, "read_listings"): {"targets": "ids"},
}


def _first_order(stage: "Stage", visit: "Visit") -> Given | None:
    walk = stage.walk(Verb(PullOrders, "pull_orders"))
    ids = [one for page in walk.ids for one in page]
    return {"external_id": ids[0]} if ids else None


def _label(stage: "Stage", visit: "Visit", verb: Verb) -> Any:
    label = stage.tried(visit, _BUY)
    return {
        "void_label": lambda: {"external_id": label.external_id},
        "track_parcel": lambda: {"tracking_number": label.tracking_number},
        "close_manifest": lambda: {"label_ids": [label.external_id]},
    }[verb.method]()


def _of_label(verb: Verb) -> Callable[["Stage", "Visit"], Given | None]:
    return lambda stage, visit: _label(stage, visit, verb)


_LABELLED = (
    Verb(VoidLabel, "void_label"), Verb(TrackParcels, "track_parcel"),
    Verb(CloseManifest, "close_manifest"),
)  # fmt: skip

DERIVED: Mapping[Verb, Callable[["Stage", "Visit"], Given | None]] = {
    Verb(PullOrders, "read_order"): _first_order,
    Verb(ListIdentities, "list_ids"): lambda stage, visit: {"kind": "order", "since": None},
    Verb(ManageWebhooks, "remove_subscription"): lambda stage, visit: {
        "external_id": stage.tried(visit, _PUT).external_id
    },
    **{verb: _of_label(verb) for verb in _LABELLED},
}
"""Verb → its arguments, from what the vendor answered a moment ago."""
