"""From raw pages to records: what is unchanged is not decoded, what is not understood waits."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from hub.records.base import Record
from hub.sdk.errors import MappingError
from hub.sdk.payload import repeated_key
from hub.store import tables
from hub.store.intake import Problem
from hub.store.lander import among

Translate = Callable[[bytes], Mapping[str, Any]]
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Fresh:
    """Raw bytes that the hub has not landed as they are."""

    raw: bytes
    digest: bytes


def fresh_items(
    database: Connection, connection_id: str, kind: str, raws: Sequence[bytes]
) -> list[Fresh]:
    """Give the items of a page whose bytes are not those landed last, in order."""
    digests = [hashlib.sha256(raw).digest() for raw in raws]
    landed = among(database, tables.link, "digest", digests, connection_id=connection_id, kind=kind)
    return [
        Fresh(raw, digest)
        for raw, digest in zip(raws, digests, strict=True)
        if digest not in landed
    ]


def unambiguous(translate: Translate) -> Translate:
    """Refuse, before it is translated, a record of money in which a key stands twice."""

    def checked(raw: bytes) -> Mapping[str, Any]:
        if (path := repeated_key(raw)) is not None:
            raise MappingError(path, "", "this key stands twice in one object")
        return translate(raw)

    return checked


def map_items(
    items: Sequence[Fresh],
    translate: Translate,
    validator: TypeAdapter[list[R]],
) -> tuple[list[tuple[Fresh, R]], list[Problem]]:
    """Translate and validate a page: at once when all is well, one by one when something is not."""
    mapped: list[tuple[Fresh, Mapping[str, Any]]] = []
    problems: list[Problem] = []
    for item in items:
        try:
            mapped.append((item, translate(item.raw)))
        except MappingError as error:
            problems.append(Problem(item.digest, item.raw, error.reason, external_id_in(item.raw)))
        except Exception as error:  # the plugin's own mistake about one record: the page goes on
            reason = f"the connector failed: {type(error).__name__}"
            problems.append(Problem(item.digest, item.raw, reason, external_id_in(item.raw)))
    try:
        records = validator.validate_python([data for _, data in mapped])
    except ValidationError:
        good, bad = _one_by_one(mapped, validator)
        return good, problems + bad
    return list(zip((item for item, _ in mapped), records, strict=True)), problems


def _one_by_one(
    mapped: Sequence[tuple[Fresh, Mapping[str, Any]]], validator: TypeAdapter[list[R]]
) -> tuple[list[tuple[Fresh, R]], list[Problem]]:
    good: list[tuple[Fresh, R]] = []
    bad: list[Problem] = []
    for item, data in mapped:
        try:
            good.append((item, validator.validate_python([data])[0]))
        except ValidationError as error:
            reason = _sentence(error)
            bad.append(Problem(item.digest, item.raw, reason, external_id_in(item.raw)))
    return good, bad


def _sentence(error: ValidationError) -> str:
    """Name the field and the rule, never the value: it may be personal."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"][1:])
    return f"{path}: {first['msg']}"


class _HasId(msgspec.Struct):
    id: int | str | None = None


def external_id_in(raw: bytes) -> str | None:
    """Find the id in bytes nobody could map, so that the item closes when the record lands."""
    try:
        found = msgspec.json.decode(raw, type=_HasId).id
    except (msgspec.DecodeError, RecursionError):
        return None
    return None if found is None else str(found)
