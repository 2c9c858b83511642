"""Facts about this installation: the seal its key must open, and the first location."""

from hashlib import sha256

from sqlalchemy import select

from hub.store import tables
from hub.store.engine import Engines, StorageError
from hub.store.sealing import Keyring

SEAL = "seal"
"""Something sealed on the first day, so that a wrong key is noticed before anything is sealed."""


def is_sealed(engines: Engines) -> bool:
    """Say whether anything may be sealed in this database."""
    return _seal(engines) is not None


def seal_installation(engines: Engines, keyring: Keyring) -> None:
    """Keep the seal and make the first location, once."""
    if is_sealed(engines):
        return
    _, wrapped = keyring.new_data_key(SEAL)
    place = tables.location
    with engines.write.begin() as connection:
        connection.execute(tables.hub.insert().values(name=SEAL, value=wrapped.hex()))
        if connection.execute(select(place.c.id)).first() is None:
            first = {"id": "main", "code": "MAIN", "title": "Main warehouse", "country": "US"}
            connection.execute(place.insert().values(**first))


def check_seal(engines: Engines, keyring: Keyring) -> None:
    """Raise `SealError` with the wrong key, `StorageError` where `hub init` never finished."""
    sealed = _seal(engines)
    if sealed is None:
        raise StorageError("the database was never finished; run `hub init`")
    keyring.unwrap(bytes.fromhex(sealed), SEAL)


def installation_mark(engines: Engines) -> str:
    """Give a short name that is this hub's alone, the same before and after it moves."""
    return sha256((_seal(engines) or "").encode()).hexdigest()[:12]


def _seal(engines: Engines) -> str | None:
    with engines.read.connect() as connection:
        return connection.execute(
            select(tables.hub.c.value).where(tables.hub.c.name == SEAL)
        ).scalar()
