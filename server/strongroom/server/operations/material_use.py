"""Using materials: what a material that can't be used means for its key."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from strongroom.hsm import IdentityMismatch, MaterialMissing, Token, TokenCall
from strongroom.server.core import key_states
from strongroom.server.core.errors import KmsError
from strongroom.server.keyring import KeySnapshot, Material
from strongroom.server.store import Store
from strongroom.v1 import resources_pb2 as v1

LOSSES = (MaterialMissing, IdentityMismatch)

T = TypeVar("T")

Steps: TypeAlias = Generator[TokenCall[Any], Any, T]
"""Work that asks the token: it yields a call and is sent the result, or thrown the error.

So whoever drives it may let many requests' calls go to the token one behind the other.
"""


class MaterialUser:
    """Uses the materials of keys; thread-safe.

    A material that the token has lost, or under whose name another object was planted, makes its key
    Unavailable for all workers; nothing is deleted.
    """

    def __init__(self, token: Token, store: Store) -> None:
        self._token = token
        self._store = store

    @contextmanager
    def _noting_loss(self, key: KeySnapshot, material: Material) -> Iterator[None]:
        """Around a call to the token."""
        try:
            yield
        except LOSSES:
            raise self._lost(key, material) from None

    def _lost(self, key: KeySnapshot, material: Material) -> KmsError:
        self._store.mark_missing(material.ref.material_id)
        return key_states.refusal(v1.KEY_STATE_UNAVAILABLE, key.arn)
