"""Calls to the token, as data: many can be made one behind the other in one session."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from strongroom.hsm.identifiers import MaterialRef

T = TypeVar("T")


class CallKind(StrEnum):
    """What a call asks of the token; whoever watches calls is told so."""

    AGREE = "agree"
    AUTHENTICATE = "authenticate"
    DECAPSULATE = "decapsulate"
    DECRYPT = "decrypt"
    DECRYPT_OAEP = "decrypt_oaep"
    DESTROY = "destroy"
    ENCRYPT = "encrypt"
    FIND = "find"
    GENERATE = "generate"
    GENERATE_PAIR = "generate_pair"
    HEARTBEAT = "heartbeat"
    IMPORT = "import"
    LIST = "list"
    RANDOM = "random"
    SIGN = "sign"
    VERIFY = "verify"


OnCall = Callable[[CallKind, int], None]
"""Told of every call when it is over, well or not, from any thread: what was asked, and its nanoseconds."""


class TokenCall(NamedTuple, Generic[T]):
    """A use of a key.

    Args:
        ref: the key.
        kind: what is asked.
        work: does it; takes a session, the key's handle, and the arguments.
        arguments: of `work`.
        is_decryption: True if the token may refuse the data.
    """

    ref: MaterialRef
    kind: CallKind
    work: Callable[..., T]
    arguments: tuple[Any, ...]
    is_decryption: bool = False

    def __repr__(self) -> str:
        return f"TokenCall({self.ref.label}, {self.work.__name__})"  # the arguments may be plaintext
