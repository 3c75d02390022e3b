"""What callers learn when token or store refuse an import."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from strongroom.hsm import CiphertextRejected, IdentityMismatch, KeyMaterialRejected, MaterialMissing
from strongroom.server.core import import_tokens, names
from strongroom.server.core.errors import (
    DependencyUnavailable,
    IncorrectKeyMaterial,
    InvalidCiphertext,
    KeyStateInvalid,
    KmsError,
    LimitExceeded,
    NotFound,
)
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations.material_importing import MOST_PARAMETERS
from strongroom.server.operations.stored_states import as_stored
from strongroom.server.store import (
    ImportUnderWay,
    NoSuchMaterial,
    OtherMaterialPending,
    ParametersUsed,
    TooManyParameters,
    WrongMaterial,
)

_RETRY_AFTER_S = 0.5


@contextmanager
def worded(key: KeySnapshot) -> Iterator[None]:
    """Around all that an import asks of token and store."""
    try:
        with as_stored(key):
            yield
    except tuple(_WORDINGS) as error:
        word = next(word for kind, word in _WORDINGS.items() if isinstance(error, kind))
        raise word(error, key) from None


def _pair_gone(_error: object, _key: KeySnapshot) -> KmsError:
    return import_tokens.unknown()


def _not_unwrapped(_error: object, _key: KeySnapshot) -> KmsError:
    return InvalidCiphertext()


def _no_key(error: object, key: KeySnapshot) -> KmsError:
    return IncorrectKeyMaterial(str(error), metadata={"keyId": key.arn})


def _wrong(error: object, key: KeySnapshot) -> KmsError:
    return IncorrectKeyMaterial(
        f"The key material can't be imported into {key.arn}: {error}", metadata={"keyId": key.arn}
    )


def _other_pending(error: Any, key: KeySnapshot) -> KmsError:  # noqa: ANN401 # an OtherMaterialPending
    return KeyStateInvalid(
        f"New key material (id: {error.new}) cannot be imported into KMS key {key.arn}, because another "
        f"key material (id: {error.pending}) is pending rotation.",
        metadata={"keyId": key.arn, "keyState": names.KEY_STATES[key.state]},
    )


def _no_such(_error: object, key: KeySnapshot) -> KmsError:
    return NotFound(f"{key.arn} has no key material of this id.", metadata={"keyId": key.arn})


def _too_many(_error: object, key: KeySnapshot) -> KmsError:
    return LimitExceeded(
        f"{MOST_PARAMETERS} import tokens of {key.arn} are being made: try again when they are done.",
        metadata={"keyId": key.arn, "quota": "import tokens"},
    )


def _under_way(_error: object, _key: KeySnapshot) -> KmsError:
    return DependencyUnavailable(
        "This key material is being imported or deleted; try again.", retry_after_s=_RETRY_AFTER_S
    )


_WORDINGS: Mapping[type[Exception], Callable[[Any, KeySnapshot], KmsError]] = {
    MaterialMissing: _pair_gone,
    IdentityMismatch: _pair_gone,
    ParametersUsed: _pair_gone,
    CiphertextRejected: _not_unwrapped,
    KeyMaterialRejected: _no_key,
    WrongMaterial: _wrong,
    OtherMaterialPending: _other_pending,
    NoSuchMaterial: _no_such,
    TooManyParameters: _too_many,
    ImportUnderWay: _under_way,
}
