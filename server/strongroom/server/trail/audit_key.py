"""The audit key: a P-256 key on the token that signs checkpoints of the audit trail.

It is a key like others, so that creation, reconciliation, backup and restoration know it, but of an account
that no caller has, and with a label of its own on the token. By that label operations refuse it, and nothing
else signs checkpoints: the database alone could give callers the audit key, or put a caller's in its place.
"""

import json

from strongroom.hsm import MaterialRef, labels
from strongroom.server.keyring import ref_of
from strongroom.server.store import Store

SYSTEM_ACCOUNT = "000000000000"
"""The account of the service's own keys."""
AUDIT_KEY = "Signs checkpoints of the audit trail"
"""The description by which the key is known."""

NOBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"},
    }
)
"""Its policy."""

_MOST = 1000


def find_audit_key(store: Store) -> MaterialRef | None:
    """The audit key, by which the token finds it; `check` is its public key, a SubjectPublicKeyInfo in DER.

    Keys that bear a caller's label are none, nor is one that wasn't made on the token: somebody may know it.

    Raises:
        StoreError: it can't be told.
    """
    for key_id in store.list_key_ids(SYSTEM_ACCOUNT, limit=_MOST, after=None).key_ids:
        record = store.load_key(key_id)
        if record is not None and record.description == AUDIT_KEY:
            found = [ref for ref in map(ref_of, record.materials) if _is_ours(ref)]
            if found:
                return found[0]
    return None


def _is_ours(ref: MaterialRef) -> bool:
    return labels.is_system(ref.label) and not ref.is_imported
