"""Grants: what they allow, to whom, and under which conditions.

AWS KMS developer guide, "Grants in AWS KMS".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from strongroom.v1 import resources_pb2 as v1

MAX_OF_A_KEY = 50_000
"""Grants that a key may have."""

CREATE_GRANT = "CreateGrant"
RETIRE_GRANT = "RetireGrant"

_ALWAYS = frozenset({CREATE_GRANT, "DescribeKey", RETIRE_GRANT})
_WITHOUT_CONTEXT = frozenset({"DescribeKey", RETIRE_GRANT})
_ENCRYPTION = frozenset({"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"})
_PAIRS = frozenset({"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"})
_DATA_KEYS = frozenset({"GenerateDataKey", "GenerateDataKeyWithoutPlaintext"})
_PUBLIC = frozenset({"GetPublicKey"})

_OF_SYMMETRIC_KEYS = _ALWAYS | _ENCRYPTION | _DATA_KEYS | _PAIRS
_BY_USAGE: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        v1.KEY_USAGE_ENCRYPT_DECRYPT: _ALWAYS | _ENCRYPTION | _PUBLIC,
        v1.KEY_USAGE_SIGN_VERIFY: _ALWAYS | _PUBLIC | {"Sign", "Verify"},
        v1.KEY_USAGE_GENERATE_VERIFY_MAC: _ALWAYS | {"GenerateMac", "VerifyMac"},
        v1.KEY_USAGE_KEY_AGREEMENT: _ALWAYS | _PUBLIC | {"DeriveSharedSecret"},
        v1.KEY_USAGE_ENCAPSULATE_DECAPSULATE: _ALWAYS | _PUBLIC | {"Encapsulate", "Decapsulate"},
    }
)

GRANTABLE = _OF_SYMMETRIC_KEYS.union(*_BY_USAGE.values())
"""The permissions that a grant can give at all."""


def grantable(spec: int, usage: int) -> frozenset[str]:
    """The operations that a grant on a key of this KeySpec and KeyUsage may allow."""
    return _OF_SYMMETRIC_KEYS if spec == v1.KEY_SPEC_SYMMETRIC_DEFAULT else _BY_USAGE[usage]


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the encryption context of a request must be; keys and values are compared exactly.

    Args:
        equals: all its pairs, or None.
        subset: pairs that it has, perhaps among others, or None.
    """

    equals: Mapping[str, str] | None = None
    subset: Mapping[str, str] | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What `kms:GrantConstraintType` tells."""
        given = {"EncryptionContextEquals": self.equals, "EncryptionContextSubset": self.subset}
        return tuple(kind for kind, pairs in given.items() if pairs is not None)

    @property
    def pairs(self) -> Mapping[str, str]:
        """All pairs of both kinds, as the encryption context that policies on CreateGrant ask about."""
        return {**(self.subset or {}), **(self.equals or {})}

    def hold(self, context: Mapping[str, str]) -> bool:
        """True if a request with this encryption context may go on."""
        if self.equals is None and self.subset is None:
            return True
        given = {
            name: context[name] for name in context
        }  # not dict(): with protobuf's maps it takes twice as long
        return (self.equals is None or given == self.equals) and (
            self.subset is None or self.subset.items() <= given.items()
        )

    def are_within(self, parent: "Constraints") -> bool:
        """True if whatever satisfies these satisfies those of a parent grant, too, and none was dropped."""
        if parent.equals is not None and self.equals != parent.equals:
            return False
        if parent.subset is None:
            return True
        return parent.subset.items() <= (self.subset or {}).items() | (self.equals or {}).items()


NO_CONSTRAINTS = Constraints()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant allows.

    Args:
        operations: the permissions, as AWS KMS names them in grants.
        constraints: what requests must satisfy.
    """

    operations: frozenset[str]
    constraints: Constraints = NO_CONSTRAINTS

    def allow(self, action: str, context: Mapping[str, str]) -> bool:
        """True if they let the grantee perform an action.

        Args:
            action: the permission, without `kms:`.
            context: the encryption context that the request has for this key.
        """
        return action in self.operations and (action in _WITHOUT_CONTEXT or self.constraints.hold(context))

    @property
    def unconstrained_operations(self) -> frozenset[str]:
        """Those that they allow whatever the encryption context."""
        constraints = self.constraints
        is_constrained = constraints.equals is not None or constraints.subset
        return self.operations & _WITHOUT_CONTEXT if is_constrained else self.operations

    def may_be_passed_on_as(self, others: "Terms") -> bool:
        """True if the grantee may by these alone create a grant with the others."""
        return (
            CREATE_GRANT in self.operations
            and self.operations >= others.operations
            and others.constraints.are_within(self.constraints)
        )


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant on a key.

    Args:
        grant_id: 64 hex digits.
        grantee: ARN of the principal, or of the account, that gets the permissions.
        retiring_principal: ARN of who else may retire it, empty if nobody.
        issuing_account: the account that made it, 12 digits.
        terms: what it allows.
    """

    grant_id: str
    grantee: str
    retiring_principal: str
    issuing_account: str
    terms: Terms

    def is_retired_by(self, names: Collection[str]) -> bool:
        """True for who retires it, and for a grantee whom it lets."""
        if self.retiring_principal in names:
            return True
        return self.grantee in names and RETIRE_GRANT in self.terms.operations
