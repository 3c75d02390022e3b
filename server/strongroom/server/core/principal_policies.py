"""Policies of principals: their names, how many there may be, and the administrator's."""

import json

from strongroom.server.core.callers import MAX_ARN_CHARACTERS

MAX_POLICIES = 10
"""Of one principal, as AWS IAM's managed policies."""
MAX_PRINCIPAL_CHARACTERS = MAX_ARN_CHARACTERS
PRINCIPAL_PATTERN = (
    r"arn:[a-z0-9-]+:(iam::[0-9]{12}:(user|role)|sts::[0-9]{12}:assumed-role)/[A-Za-z0-9_+=,.@/-]+"
)
POLICY_NAME_PATTERN = r"[\w+=,.@-]+"
MAX_POLICY_NAME_CHARACTERS = 128
ADMINISTRATOR = "administrator"
"""The name of the policy that makes a principal an administrator."""


def administrator_policy() -> str:
    """The policy of whoever may do everything that key policies leave to the account."""
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
