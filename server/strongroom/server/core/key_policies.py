"""The key policy of a key that was created without one."""

import json

from strongroom.server.core.arns import Realm


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
