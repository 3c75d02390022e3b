"""From the errors of token and store to those that callers see: the one place that translates them."""

from collections.abc import Callable, Mapping
from typing import Any

from strongroom.hsm import (
    HsmError,
    KeyNotProtected,
    MechanismUnsupported,
    TokenFull,
    TokenUnavailable,
)
from strongroom.server.core.errors import (
    DependencyUnavailable,
    KeyUnavailable,
    KmsError,
    LimitExceeded,
    UnsupportedOperation,
)
from strongroom.server.store import IntentLost, NoSuchKey, StoreError

LowerError = (HsmError, StoreError)

_RETRY_AFTER_S = 1.0


def _token_away(error: Any) -> KmsError:  # noqa: ANN401 # a TokenUnavailable
    return KeyUnavailable(
        "The token can't be reached now; the service reconnects by itself.",
        retry_after_s=error.retry_after_s,
    )


def _token_fault(error: Any) -> KmsError:  # noqa: ANN401, ARG001
    return KeyUnavailable("The token failed to do this.", retry_after_s=_RETRY_AFTER_S)


def _store_away(error: Any) -> KmsError:  # noqa: ANN401, ARG001
    return DependencyUnavailable("The store can't be reached now.", retry_after_s=_RETRY_AFTER_S)


def _unsupported(error: Any) -> KmsError:  # noqa: ANN401
    return UnsupportedOperation(str(error))


def _full(error: Any) -> KmsError:  # noqa: ANN401, ARG001
    return LimitExceeded("The token has no room for another key.", metadata={"quota": "token objects"})


def _too_slow(error: Any) -> KmsError:  # noqa: ANN401, ARG001
    return DependencyUnavailable(
        "The key took too long to make, and was undone.", retry_after_s=_RETRY_AFTER_S
    )


_TRANSLATIONS: Mapping[type[Exception], Callable[[Any], KmsError]] = {
    TokenUnavailable: _token_away,
    TokenFull: _full,
    MechanismUnsupported: _unsupported,
    KeyNotProtected: _unsupported,
    IntentLost: _too_slow,
    NoSuchKey: _store_away,  # the key vanished between two queries: the next try tells
    StoreError: _store_away,
    HsmError: _token_fault,
}


def translate(error: Exception) -> KmsError:
    """The caller's view of an error from below; texts of modules and drivers never pass."""
    for kind in type(error).__mro__:
        if kind in _TRANSLATIONS:
            return _TRANSLATIONS[kind](error)
    raise TypeError from error
