"""The lockout safety check: whoever gives a key a policy must still be able to change it.

AWS KMS API reference, "PutKeyPolicy": BypassPolicyLockoutSafetyCheck.
"""

from strongroom.server.core.errors import MalformedPolicy
from strongroom.server.core.policies import Policy
from strongroom.server.operations.declaration import Call
from strongroom.server.operations.parts import Parts


def check_lockout(parts: Parts, call: Call, policy: Policy, arn: str) -> None:
    """Returns if the caller could put another policy in the place of this one, by the same kind of request.

    Args:
        parts: of the worker.
        call: the request that brings the policy.
        policy: the new one.
        arn: of the key, of the caller's account.

    Raises:
        MalformedPolicy: it couldn't.
    """
    decision = parts.authorizer.decide_by_policies(call.asked, "PutKeyPolicy", policy, arn)
    if not decision.is_allowed:
        raise MalformedPolicy("The new key policy will not allow you to update the key policy in the future.")
