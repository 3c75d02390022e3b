"""What the audit trail needs of store and token: who remembers how far it goes, and who signs that."""

from strongroom.server.trail.adoption import adopt_chains, chains_told_by
from strongroom.server.trail.audit_key import AUDIT_KEY, NOBODY, SYSTEM_ACCOUNT, find_audit_key
from strongroom.server.trail.ledgers import NoLedger, StoreLedger, StorePositions
from strongroom.server.trail.signing import TokenSigner

__all__ = [
    "AUDIT_KEY",
    "NOBODY",
    "SYSTEM_ACCOUNT",
    "NoLedger",
    "StoreLedger",
    "StorePositions",
    "TokenSigner",
    "adopt_chains",
    "chains_told_by",
    "find_audit_key",
]
