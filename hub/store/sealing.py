"""Sealing: AES-GCM under a data key per connection or person, itself wrapped by the hub's key.

Layout of sealed bytes: 12 bytes nonce, then ciphertext and tag. Wrapped keys start with one byte
that names the hub key they are wrapped by, so that keys can be rotated.
"""

import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE = 12


class SealError(RuntimeError):
    """Sealed data cannot be opened: wrong hub key, or the bytes were changed."""


def seal(key: bytes, data: bytes, about: str) -> bytes:
    """Seal data under a data key; `about` must be given again to open it."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """Open sealed data or raise `SealError`."""
    cipher = AESGCM(key)
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
    except (InvalidTag, ValueError):  # the latter when too few bytes are left for a nonce
        raise SealError(
            "sealed data does not open with this hub's key; start the hub with the key it was "
            "sealed with (HUB_SECRET_KEY or $HUB_HOME/key)"
        ) from None


@dataclass(frozen=True)
class Keyring:
    """The hub's keys by id; the newest wraps, all of them unwrap."""

    keys: dict[int, bytes] = field(repr=False)

    def new_data_key(self, owner: str) -> tuple[bytes, bytes]:
        """Mint a data key for an owner: (the key itself, the key wrapped)."""
        key = os.urandom(KEY_BYTES)
        return key, self.wrap(key, owner)

    def wrap(self, key: bytes, owner: str) -> bytes:
        """Wrap a data key under the newest hub key."""
        newest = max(self.keys)
        return bytes([newest]) + seal(self.keys[newest], key, owner)

    def unwrap(self, wrapped: bytes, owner: str) -> bytes:
        """Give the data key back or raise `SealError`."""
        if not wrapped:
            raise SealError(f"the data key of {owner} is gone")
        hub_key = self.keys.get(wrapped[0])
        if hub_key is None:
            raise SealError(f"hub key {wrapped[0]} is not given; set it in HUB_SECRET_KEY")
        return unseal(hub_key, wrapped[1:], owner)

    def hash(self, text: str) -> bytes:
        """Give a keyed hash for look-up; without the key nobody can guess what was hashed."""
        oldest = self.keys[min(self.keys)]  # look-ups must survive a rotation
        return hmac.digest(b"look-up" + oldest, text.encode(), "sha256")
