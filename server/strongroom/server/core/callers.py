"""Who calls."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MAX_ARN_CHARACTERS = 512
"""Of a principal: what is longer, no request about policies could name."""

_PRINCIPAL = re.compile(
    r"arn:(?P<partition>[a-z0-9-]+):(?:iam|sts)::(?P<account>[0-9]{12}):"
    r"(?P<kind>user|role|assumed-role|federated-user)/(?P<name>[\w+=,.@/-]+)",
    re.ASCII,
)
_ROOT = re.compile(r"arn:(?P<partition>[a-z0-9-]+):iam::[0-9]{12}:root")
_TYPES = {
    "user": "User",
    "role": "AssumedRole",
    "assumed-role": "AssumedRole",
    "federated-user": "FederatedUser",
}
_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal.

    Args:
        arn: the principal's IAM ARN.
        account_id: its account, 12 digits.
        credential: what proved it, for the audit trail: `spiffe://…`, `certificate:CN=…`. Not secret.
        tags: what `aws:PrincipalTag` tells of it.
        names: the ARNs by which policies may name it: its own and, of a session, its role's.
    """

    arn: str
    account_id: str
    credential: str
    tags: Mapping[str, str] = field(default_factory=lambda: _NO_TAGS, compare=False)
    names: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", names_of(self.arn))


def is_principal(arn: str) -> bool:
    """True for the ARN of a user, a role or a session: of whom can call."""
    return len(arn) <= MAX_ARN_CHARACTERS and _PRINCIPAL.fullmatch(arn) is not None


def is_grantee(arn: str) -> bool:
    """True for the ARN of who can call, and for that of an account, `arn:…:iam::<account>:root`."""
    return is_principal(arn) or _ROOT.fullmatch(arn) is not None


def root_of(arn: str) -> str:
    """The ARN that stands for a caller's whole account."""
    _, partition, _, _, account_id, _ = arn.split(":", 5)
    return f"arn:{partition}:iam::{account_id}:root"


def account_of(arn: str) -> str:
    """The account of a principal, 12 digits; empty if it is none."""
    found = _PRINCIPAL.fullmatch(arn)
    return found["account"] if found else ""


def partition_of(arn: str) -> str:
    """The partition of a principal or of an account, `aws`; empty if it is neither."""
    found = _PRINCIPAL.fullmatch(arn) or _ROOT.fullmatch(arn)
    return found["partition"] if found else ""


def user_name_of(arn: str) -> str | None:
    """`aws:username`: the last part of a user's path; roles have none."""
    found = _PRINCIPAL.fullmatch(arn)
    return found["name"].rpartition("/")[2] if found and found["kind"] == "user" else None


def type_of(arn: str) -> str:
    """`aws:PrincipalType`: a role acts through its sessions."""
    found = _PRINCIPAL.fullmatch(arn)
    return _TYPES[found["kind"]] if found else "Account"


def names_of(arn: str) -> frozenset[str]:
    """The ARNs by which policies may name a principal."""
    found = _PRINCIPAL.fullmatch(arn)
    if found is None or found["kind"] != "assumed-role":
        return frozenset({arn})
    role = found["name"].partition("/")[0]
    return frozenset({arn, f"arn:{found['partition']}:iam::{found['account']}:role/{role}"})
