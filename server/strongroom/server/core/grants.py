"""Grants: what they allow, to whom, and under which conditions.

AWS KMS developer guide, "Grants in AWS KMS". Pure rules; the operations on grants aren't there yet.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from strongroom.v1 import resources_pb2 as v1

_ALWAYS = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
_WITHOUT_CONTEXT = frozenset({"DescribeKey", "RetireGrant", "CreateGrant"})
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

    def hold(self, context: Mapping[str, str]) -> bool:
        """True if a request with this encryption context may go on."""
        return (self.equals is None or dict(context) == dict(self.equals)) and (
            self.subset is None or self.subset.items() <= context.items()
        )

    def are_within(self, parent: "Constraints") -> bool:
        """True if whatever satisfies these satisfies those of a parent grant, too, and none was dropped."""
        if parent.equals is not None and (self.equals is None or dict(self.equals) != dict(parent.equals)):
            return False
        if parent.subset is None:
            return True
        return parent.subset.items() <= (self.subset or {}).items() | (self.equals or {}).items()


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant on a key.

    Args:
        grant_id: 64 hex digits.
        grantee: ARN of the principal that gets the permissions.
        operations: what they are, as AWS KMS names them in grants.
        constraints: what requests must satisfy.
    """

    grant_id: str
    grantee: str
    operations: frozenset[str]
    constraints: Constraints

    def allows(self, names: frozenset[str], action: str, context: Mapping[str, str]) -> bool:
        """True if it lets a principal that is known by these ARNs perform an action.

        Args:
            names: of the principal.
            action: the permission, without `kms:`.
            context: the encryption context that the request has for this key.
        """
        return (
            self.grantee in names
            and action in self.operations
            and (action in _WITHOUT_CONTEXT or self.constraints.hold(context))
        )

    def may_pass_on(self, operations: Collection[str], constraints: Constraints) -> bool:
        """True if its grantee may by this grant alone create another with these."""
        return (
            "CreateGrant" in self.operations
            and self.operations.issuperset(operations)
            and constraints.are_within(self.constraints)
        )
