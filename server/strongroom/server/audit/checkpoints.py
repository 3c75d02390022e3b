r"""Signed checkpoints: from time to time a chain says, signed in the token, how far it and all others go.

The record `AuditCheckpoint` has in `serviceEventDetails`:

    statement   JSON text: `at`, when it was signed, ISO 8601 in UTC; `chain`, how far this chain went then;
                `others`, how far all others were known to go; each as `Head.as_json` gives it
    signature   ECDSA with P-256 and SHA-256 (FIPS 186-5) over "strongroom/audit-checkpoint\n" and the
                statement in UTF-8; ASN.1 DER, in base64
    key         SHA-256 of the public key's SubjectPublicKeyInfo, in hex

The statement is all that is signed: what else the record has, such as its `eventTime`, is proven by the line
that follows it.
"""

import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import orjson
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from strongroom.server.audit.chain import ChainBroken, Head, head_of
from strongroom.server.audit.errors import AuditUnavailable
from strongroom.server.audit.names import CHECKPOINT
from strongroom.server.audit.openings import moment_of
from strongroom.server.audit.segments import Ledger, SegmentSink
from strongroom.server.core.clock import utc_now

_DOMAIN = b"strongroom/audit-checkpoint\n"

_log = structlog.get_logger("strongroom.audit")


class Signer(Protocol):
    """Signs with the deployment's audit key."""

    def sign(self, message: bytes) -> "Signature | None":
        """A signature; None while there is no key, or the token doesn't answer."""


class Signature(NamedTuple):
    """A signature in DER, and the SubjectPublicKeyInfo of the key that made it."""

    signature: bytes
    public_key: bytes


class ChainLedger(Ledger, Protocol):
    """Knows of all chains."""

    def others(self, name: str) -> tuple[Head, ...]:
        """How far all other chains went, as far as is known."""


class Checkpoints:
    """Makes the checkpoints of one chain; for one thread at a time.

    Args:
        sink: of the chain.
        signer: signs.
        ledger: is told how far the chain goes, and knows of the others.
        event: makes the record.
        interval_s: seconds between two, where there was something to record.
    """

    def __init__(
        self,
        sink: SegmentSink,
        signer: Signer,
        ledger: ChainLedger,
        event: Callable[[str, Mapping[str, object]], Mapping[str, object]],
        interval_s: float,
    ) -> None:
        self._sink = sink
        self._signer = signer
        self._ledger = ledger
        self._event = event
        self._interval_s = interval_s
        self._last: Head | None = None
        self.signed_at = 0.0
        """When the last one was signed, in seconds since 1970; 0 before the first."""
        self._due_at = 0.0

    def tend(self) -> None:
        """Makes a checkpoint if one is due; never raises."""
        if time.monotonic() >= self._due_at and self._sink.head != self._last:
            self.make()

    def make(self) -> None:
        """Makes one; where it can't be made, the next one will say as much."""
        self._due_at = time.monotonic() + self._interval_s
        head = self._sink.head
        statement = orjson.dumps(
            {
                "at": utc_now(),
                "chain": head.as_json(),
                "others": [other.as_json() for other in self._ledger.others(head.name)],
            }
        )
        signed = self._signer.sign(_DOMAIN + statement)
        if signed is not None:
            try:
                self._sink.write([self._event(CHECKPOINT, _details(statement, signed))])
                self.signed_at = utc_now().timestamp()
            except AuditUnavailable as error:
                _log.warning("no checkpoint", reason=str(error))
        self._last = self._sink.head
        self._ledger.save(self._last)


def _details(statement: bytes, signed: Signature) -> Mapping[str, object]:
    return {
        "statement": statement.decode(),
        "signature": b64encode(signed.signature).decode(),
        "key": sha256(signed.public_key).hexdigest(),
    }


class CheckpointInvalid(Exception):
    """A checkpoint that proves nothing; says why."""


class Statement(NamedTuple):
    """What a checkpoint proves.

    Args:
        at: when it was signed; None if it says no time.
        chain: how far its own chain went.
        others: how far the others were known to go.
        digest: SHA-256 of its text.
    """

    at: datetime | None
    chain: Head
    others: tuple[Head, ...]
    digest: bytes


def proven_by(details: Any, keys: Mapping[str, EllipticCurvePublicKey]) -> Statement:  # noqa: ANN401 # JSON
    """What a checkpoint proves.

    Args:
        details: `serviceEventDetails` of its record.
        keys: public keys that are trusted, by what `key` says of them.

    Raises:
        CheckpointInvalid: none of them signed it, or it says nothing.
    """
    try:
        statement: str = details["statement"]
        key = keys.get(details["key"])
        if key is None:
            raise CheckpointInvalid("it is signed with another key than the one given")
        key.verify(b64decode(details["signature"]), _DOMAIN + statement.encode(), ECDSA(SHA256()))
        said = orjson.loads(statement)
        others = tuple(map(head_of, said["others"]))
        return Statement(moment_of(said.get("at")), head_of(said["chain"]), others, digest_of(statement))
    except InvalidSignature:
        raise CheckpointInvalid("its signature isn't the audit key's") from None
    except (ChainBroken, KeyError, TypeError, ValueError, AttributeError):
        raise CheckpointInvalid("it can't be read") from None


def digest_of(statement: str) -> bytes:
    """SHA-256 of a statement's text; of what is no text in UTF-8, too."""
    return sha256(statement.encode(errors="surrogatepass")).digest()


def key_id_of(key: EllipticCurvePublicKey) -> str:
    """What checkpoints call a public key."""
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
