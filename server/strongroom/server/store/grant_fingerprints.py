"""By what a grant is known again when it is made once more with its name."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from strongroom.server.core.encryption_context import encode

FIELDS = ("name", "grantee", "retiring_principal", "issuing_account", "operations", "equals", "subset")
"""Of a grant's record, what its fingerprint is made of."""


def fingerprint_of(
    *,
    name: str,
    grantee: str,
    retiring_principal: str,
    issuing_account: str,
    operations: Sequence[str],
    equals: Mapping[str, str],
    subset: Mapping[str, str],
) -> bytes | None:
    """What only grants with the same name and parameters share: 32 bytes; None for one that has no name.

    They are stored: another form needs a migration. The fields are GrantRecord's, the operations sorted.
    """
    if not name:
        return None
    texts = {
        "name": name,
        "grantee": grantee,
        "retiring_principal": retiring_principal,
        "issuing_account": issuing_account,
        "operations": " ".join(operations),
    }
    return sha256(encode(texts) + encode(equals) + encode(subset)).digest()
