"""Who calls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal.

    Args:
        arn: the principal's IAM ARN.
        account_id: its account, 12 digits.
        credential: what proved it, for the audit trail: `spiffe://…`, `certificate:CN=…`. Not secret.
    """

    arn: str
    account_id: str
    credential: str
