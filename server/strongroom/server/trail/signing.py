"""Signing checkpoints in the token."""

import structlog

from strongroom.hsm import HsmError, MaterialRef, SigningAlgorithm, Token, signatures
from strongroom.server.audit import Signature
from strongroom.server.store import Store, StoreError
from strongroom.server.trail.audit_key import find_audit_key

_ALGORITHM = SigningAlgorithm.ECDSA_SHA_256

_log = structlog.get_logger("strongroom.audit")


class TokenSigner:
    """Signs with the audit key, once the housekeeper has made it; thread-safe."""

    def __init__(self, token: Token, store: Store) -> None:
        self._token = token
        self._store = store
        self._key: MaterialRef | None = None

    def sign(self, message: bytes) -> Signature | None:
        """An ECDSA signature over the message's SHA-256; None while there is no key, or no token."""
        try:
            self._key = self._key or find_audit_key(self._store)
            if self._key is None:
                return None
            call = self._token.signing(self._key, _ALGORITHM, signatures.prepared(_ALGORITHM, message))
            return Signature(self._token.use(call), self._key.check)
        except (HsmError, StoreError) as error:
            _log.warning("checkpoint not signed", error=type(error).__name__, reason=str(error))
            return None
