"""Key policy documents: so far only the default one, and what can be said of any JSON text."""

import json

from strongroom.server.core.arns import Realm
from strongroom.server.core.errors import LimitExceeded, MalformedPolicy

MAX_POLICY_BYTES = 32_768


def default_policy(realm: Realm, account_id: str) -> str:
    """The policy of a key that was created without one: its account decides by its own policies."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [
                {
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": {"AWS": realm.root_arn(account_id)},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        },
        indent=2,
    )


def check_policy(text: str) -> None:
    """Refuses a text that no policy can be.

    Raises:
        LimitExceeded: over 32768 bytes.
        MalformedPolicy: not a JSON object with statements.
    """
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise LimitExceeded(f"A key policy may have at most {MAX_POLICY_BYTES} bytes.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedPolicy("The key policy is not valid JSON.") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise MalformedPolicy("A key policy is a JSON object with a Statement.")
