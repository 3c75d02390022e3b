"""Every error that an operation can answer.

KmsError
    AccessDenied                the caller may not do this
        AliasReserved           the name belongs to the service
    AliasExists                 the account has an alias of this name
    Conflict                    another change of the same thing is under way or due
    CredentialsInvalid          nobody that we know is calling
    DeadlineExceeded            the caller's deadline passed before the work began
    Internal                    a defect of ours; the caller learns an incident id only
    InvalidRequest              the bytes of the request are bad, whatever the state of any key
        ValidationFailed        a field breaks its constraint
        MalformedRequest        the request isn't the message it should be
        ChecksumMismatch        bytes were altered on their way here
        IncorrectKey            another key encrypted the blob
        InvalidAliasName        not the name of an alias
        InvalidArn              an ARN that can't be read
        IncorrectKeyMaterial    not the material that the key remembers, or none for it
        InvalidCiphertext       anything wrong with a blob or its context
        InvalidGrantToken       a grant token that nobody issued
        InvalidImportToken      an import token that isn't this key's, or was used
        InvalidMac              the MAC isn't one of this key over this message
        InvalidMarker           a marker of another list, or of none
        InvalidSignature        the signature isn't one of this key over this message
        InvalidTag              tags that can't stand together or are reserved
        MalformedPolicy         a key policy that can't be used
    LimitExceeded               a quota is used up
        RotationLimitExceeded   a key was rotated on demand as often as it may be
    NotFound                    no such key, alias or object
        AliasNotFound
        GrantNotFound
        PolicyNotFound
    PreconditionFailed          the request could succeed on a key in another state or of another kind
        DryRunSucceeded         every check passed and nothing was done
        ImportTokenExpired      its 24 hours are over
        KeyDisabled             switched off
        KeyStateInvalid         any other state that forbids the operation
        KeyUsageMismatch        the key is for something else
        AlgorithmMismatch       the key can't do this algorithm
        UnsupportedOperation    this kind of key, or this token, can't do it
    FeatureNotImplemented       an AWS KMS feature that the service lacks
        CustomKeyStoresNotImplemented
    Unavailable                 try again later
        KeyUnavailable          the token can't be reached
        DependencyUnavailable   the store or the audit trail can't be reached
        Throttled               too many requests at once, or in a second

Codes, reasons and AWS names are those of AWS KMS and of google.rpc; each face translates them in one place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class Code(IntEnum):
    """Canonical status codes, numbered as in google.rpc.Code."""

    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class KmsError(Exception):
    """An operation's failure, as its caller may see it: never with plaintext, key material or PIN.

    Args:
        message: what to change, or empty where AWS KMS sends no text.
        metadata: variable parts for programs (`keyId`, `keyState`, …); neither secret nor context.
    """

    code: ClassVar[Code]
    reason: ClassVar[str]
    aws_name: ClassVar[str]

    def __init__(self, message: str = "", *, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.metadata: Mapping[str, str] = metadata or {}


class AccessDenied(KmsError):
    """The caller may not perform this operation on this resource."""

    code, reason, aws_name = Code.PERMISSION_DENIED, "ACCESS_DENIED", "AccessDeniedException"


class AliasReserved(AccessDenied):
    """Names that begin with `alias/aws/` belong to the service."""

    reason, aws_name = "ALIAS_RESERVED", "NotAuthorizedException"


class AliasExists(KmsError):
    """The account has an alias of this name."""

    code, reason, aws_name = Code.ALREADY_EXISTS, "ALIAS_ALREADY_EXISTS", "AlreadyExistsException"


class Conflict(KmsError):
    """Another change of the same thing is under way or due; later it may succeed."""

    code, reason, aws_name = Code.ABORTED, "ROTATION_CONFLICT", "ConflictException"


class CredentialsInvalid(KmsError):
    """The credential names no principal of this deployment."""

    code, reason = Code.UNAUTHENTICATED, "CREDENTIALS_INVALID"
    aws_name = "UnrecognizedClientException"


class DeadlineExceeded(KmsError):
    """The caller's deadline passed before the work began; nothing was done."""

    code, reason = Code.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"
    aws_name = "DependencyTimeoutException"


class Internal(KmsError):
    """A defect of the service; its log has the incident's traceback."""

    code, reason, aws_name = Code.INTERNAL, "INTERNAL_ERROR", "KMSInternalException"


class InvalidRequest(KmsError):
    """The request itself is bad; the same bytes will never succeed."""

    code = Code.INVALID_ARGUMENT


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks its constraint.

    Args:
        field: path of the field in the protobuf message, `tags[0].tag_key`.
        text: AWS KMS's sentence about it.
    """

    field: str
    text: str


class ValidationFailed(InvalidRequest):
    """Fields break their constraints, or contradict each other."""

    reason, aws_name = "INVALID_PARAMETER", "ValidationException"

    def __init__(self, message: str, *, violations: tuple[Violation, ...] = ()) -> None:
        super().__init__(message)
        self.violations = violations

    @classmethod
    def of(cls, violations: tuple[Violation, ...]) -> "ValidationFailed":
        """Joins several violations into one error, worded as AWS KMS does."""
        plural = "s" if len(violations) > 1 else ""
        texts = "; ".join(violation.text for violation in violations)
        return cls(f"{len(violations)} validation error{plural} detected: {texts}", violations=violations)


class MalformedRequest(InvalidRequest):
    """The bytes aren't the protobuf message of this operation."""

    reason, aws_name = "MALFORMED_REQUEST", "SerializationException"


class ChecksumMismatch(InvalidRequest):
    """Bytes of the request aren't those whose CRC32C was sent: they were altered on their way."""

    reason, aws_name = "CHECKSUM_MISMATCH", "ValidationException"


class IncorrectKey(InvalidRequest):
    """The key named in the request isn't the one that encrypted the blob."""

    reason, aws_name = "INCORRECT_KEY", "IncorrectKeyException"


class IncorrectKeyMaterial(InvalidRequest):
    """Not the material that the key remembers, or none for a key of this kind."""

    reason, aws_name = "INCORRECT_KEY_MATERIAL", "IncorrectKeyMaterialException"


class InvalidImportToken(InvalidRequest):
    """An import token that isn't this key's, or was used before."""

    reason, aws_name = "INVALID_IMPORT_TOKEN", "InvalidImportTokenException"


class InvalidAliasName(InvalidRequest):
    """Not the name of an alias."""

    reason, aws_name = "INVALID_ALIAS_NAME", "InvalidAliasNameException"


class InvalidArn(InvalidRequest):
    """An ARN that can't be read, or of another service or partition."""

    reason, aws_name = "INVALID_ARN", "InvalidArnException"


class InvalidCiphertext(InvalidRequest):
    """Anything wrong with a blob or its context; it never says what, so that nothing leaks."""

    reason, aws_name = "INVALID_CIPHERTEXT", "InvalidCiphertextException"


class InvalidGrantToken(InvalidRequest):
    """A grant token that nobody issued."""

    reason, aws_name = "INVALID_GRANT_TOKEN", "InvalidGrantTokenException"


class InvalidMac(InvalidRequest):
    """The MAC isn't one of this key over this message; it never says why."""

    reason, aws_name = "MAC_INVALID", "KMSInvalidMacException"


class InvalidSignature(InvalidRequest):
    """The signature isn't one of this key over this message, or isn't a signature; it never says which."""

    reason, aws_name = "SIGNATURE_INVALID", "KMSInvalidSignatureException"


class InvalidMarker(InvalidRequest):
    """A marker that this operation didn't give to this caller."""

    reason, aws_name = "INVALID_PAGE_TOKEN", "InvalidMarkerException"


class InvalidTag(InvalidRequest):
    """Duplicate, reserved or too many tags."""

    reason, aws_name = "INVALID_TAG", "TagException"


class MalformedPolicy(InvalidRequest):
    """A key policy that isn't a policy document."""

    reason, aws_name = "MALFORMED_POLICY", "MalformedPolicyDocumentException"


class LimitExceeded(KmsError):
    """A quota of the account or of a key is used up."""

    code, reason = Code.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED"
    aws_name = "LimitExceededException"


class RotationLimitExceeded(LimitExceeded):
    """The key was rotated on demand as often as it may be."""

    reason = "ROTATION_LIMIT_EXCEEDED"


class NotFound(KmsError):
    """No such key, or none that the caller's account could have."""

    code, reason, aws_name = Code.NOT_FOUND, "KEY_NOT_FOUND", "NotFoundException"


class AliasNotFound(NotFound):
    """No such alias."""

    reason = "ALIAS_NOT_FOUND"


class GrantNotFound(NotFound):
    """No such grant on this key."""

    reason = "GRANT_NOT_FOUND"


class PolicyNotFound(NotFound):
    """No such policy."""

    reason = "POLICY_NOT_FOUND"


class PreconditionFailed(KmsError):
    """The same request could succeed on a key in another state or of another kind."""

    code = Code.FAILED_PRECONDITION


class DryRunSucceeded(PreconditionFailed):
    """Every check passed; nothing was done, as asked."""

    reason, aws_name = "DRY_RUN_SUCCEEDED", "DryRunOperationException"


class ImportTokenExpired(PreconditionFailed):
    """The import token's 24 hours are over; GetParametersForImport gives another."""

    reason, aws_name = "IMPORT_TOKEN_EXPIRED", "ExpiredImportTokenException"


class KeyDisabled(PreconditionFailed):
    """The key exists but is switched off; EnableKey makes it usable."""

    reason, aws_name = "KEY_DISABLED", "DisabledException"


class KeyStateInvalid(PreconditionFailed):
    """The key's state forbids the operation."""

    reason, aws_name = "KEY_STATE_INVALID", "KMSInvalidStateException"


class KeyUsageMismatch(PreconditionFailed):
    """The key's usage isn't what the operation needs."""

    reason, aws_name = "KEY_USAGE_MISMATCH", "InvalidKeyUsageException"


class AlgorithmMismatch(PreconditionFailed):
    """The algorithm doesn't go with the key's spec."""

    reason, aws_name = "ALGORITHM_MISMATCH", "InvalidKeyUsageException"


class UnsupportedOperation(PreconditionFailed):
    """This kind of key, or this deployment's token, can't do it."""

    reason, aws_name = "OPERATION_NOT_SUPPORTED_FOR_KEY", "UnsupportedOperationException"


class FeatureNotImplemented(KmsError):
    """A feature of AWS KMS that this service doesn't have."""

    code, reason = Code.UNIMPLEMENTED, "FEATURE_NOT_IMPLEMENTED"
    aws_name = "UnsupportedOperationException"


class CustomKeyStoresNotImplemented(FeatureNotImplemented):
    """Custom key stores aren't offered: every key is on the deployment's own token."""

    reason, aws_name = "CUSTOM_KEY_STORES_NOT_IMPLEMENTED", "CustomKeyStoreNotFoundException"


class Unavailable(KmsError):
    """The same request will succeed later.

    Args:
        message: what is missing.
        retry_after_s: when to try again, in seconds.
    """

    code = Code.UNAVAILABLE

    def __init__(
        self, message: str, *, retry_after_s: float, metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, metadata=metadata)
        self.retry_after_s = retry_after_s


class KeyUnavailable(Unavailable):
    """The token that holds the key can't be reached now."""

    reason, aws_name = "KEY_UNAVAILABLE", "KeyUnavailableException"


class DependencyUnavailable(Unavailable):
    """The store or the audit trail can't be reached now; nothing was answered."""

    reason, aws_name = "DEPENDENCY_TIMEOUT", "DependencyTimeoutException"


class Throttled(Unavailable):
    """Too many requests at once, or of a family in a second; nothing was done."""

    code, reason, aws_name = Code.RESOURCE_EXHAUSTED, "RATE_LIMIT_EXCEEDED", "ThrottlingException"
