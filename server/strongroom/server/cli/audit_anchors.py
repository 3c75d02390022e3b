"""What the audit trail is verified against: a public key, kept elsewhere, and the deployment's database."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # heavy
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from strongroom.server.audit import Head
    from strongroom.server.config import Settings


class NoPublicKey(Exception):
    """There is nothing to verify checkpoints with."""


class Told(NamedTuple):
    """What the database tells.

    Args:
        key: the audit key's public key.
        known: how far each chain went.
        asked_at: when it was asked.
    """

    key: "EllipticCurvePublicKey"
    known: "tuple[Head, ...]"
    asked_at: "datetime"


def of_deployment(settings: "Settings") -> Told:
    """What the deployment's database tells.

    Raises:
        NoPublicKey: there is no audit key yet.
        StoreError: it can't be read.
    """
    from contextlib import closing

    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from strongroom.server.core.clock import utc_now
    from strongroom.server.deployment import open_store, require_own
    from strongroom.server.trail import StoreLedger, find_audit_key

    with closing(open_store(settings)) as store:
        require_own(settings, store.deployment())
        found = find_audit_key(store)
        if found is None:
            raise NoPublicKey(
                "There is no audit key yet: the housekeeper makes it when the service first serves."
            )
        asked_at = utc_now()
        return Told(_p256(load_der_public_key(found.check)), StoreLedger(store.audit_chains).all(), asked_at)


def of_file(path: Path) -> "EllipticCurvePublicKey":
    """The public key in a file; NoPublicKey if it holds none."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return _p256(load_pem_public_key(path.read_bytes()))
    except (OSError, ValueError):
        raise NoPublicKey(
            f"{path} is no public key in PEM: `strongroomd audit public-key` prints it."
        ) from None


def _p256(key: object) -> "EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    if not isinstance(key, EllipticCurvePublicKey):
        raise NoPublicKey("The audit key is an ECDSA key; this one isn't.")
    return key
