"""Calls to the token, as data: many can be made one behind the other in one session."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from strongroom.hsm.identifiers import MaterialRef

T = TypeVar("T")


class TokenCall(NamedTuple, Generic[T]):
    """A use of a key.

    Args:
        ref: the key.
        work: does it; takes a session, the key's handle, and the arguments.
        arguments: of `work`.
        is_decryption: True if the token may refuse the data.
    """

    ref: MaterialRef
    work: Callable[..., T]
    arguments: tuple[Any, ...]
    is_decryption: bool = False

    def __repr__(self) -> str:
        return f"TokenCall({self.ref.label}, {self.work.__name__})"  # the arguments may be plaintext
