"""Makes a key as the service does, or only a part of one: arguments CONFIG [no-row|no-object|begun|future].

A process of its own: a PKCS#11 module is global to its process. Prints the key id.
"""

import secrets
import sys
import uuid
from datetime import timedelta
from pathlib import Path

from strongroom.hsm import KeyKind, KeyPurpose, MaterialId
from strongroom.server.config import load_settings
from strongroom.server.core.clock import utc_now
from strongroom.server.deployment import open_store
from strongroom.server.store import NewKey, NewMaterial
from strongroom.server.token_opening import open_token

LONG_AGO = timedelta(days=1)


def main() -> None:
    settings = load_settings(Path(sys.argv[1]))
    part = sys.argv[2] if len(sys.argv) > 2 else "whole"
    key_id, material_id = str(uuid.uuid4()), secrets.token_bytes(16)
    label = f"strongroom/{settings.deployment.name}/{key_id}"
    store, token = open_store(settings), open_token(settings)
    at = utc_now() - LONG_AGO if part == "begun" else utc_now()
    if part == "future":
        at = utc_now() + LONG_AGO
    key = NewKey(
        key_id=key_id,
        account_id=settings.deployment.account_id,
        description="",
        key_spec="SYMMETRIC_DEFAULT",
        key_usage="ENCRYPT_DECRYPT",
        origin="AWS_KMS",
        multi_region=False,
        created_at=at,
        policy="{}",
        created_by="test",
        tags=(),
    )
    if part != "no-row":
        store.begin_create(key, NewMaterial(material_id, secrets.token_hex(32), label, at), "test")
    check = b""
    if part not in {"no-object", "begun"}:
        check = token.generate(MaterialId(material_id), label, KeyKind.AES_256, KeyPurpose.ENCRYPT).check
    if part not in {"no-row", "begun"}:
        store.complete_create(key_id, material_id, check)
    token.close()
    store.close()
    sys.stdout.write(key_id)
