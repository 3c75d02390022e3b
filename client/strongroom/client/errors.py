"""What a call can raise, named as AWS KMS names it.

StrongroomError
    AccessDenied                the principal may not do this
    AlgorithmMismatch           the algorithm doesn't go with the key's spec
    AlreadyExists               the account has an alias of this name
    ChecksumMismatch            bytes were altered on their way; retry
    Conflict                    another change of the same key is under way or due
    CredentialsInvalid          the client certificate stands for nobody there
    DeadlineExceeded            no answer in time; it isn't known whether it was done
    Disabled                    the key is switched off
    DryRunOperation             a dry run found nothing wrong
    ImportTokenExpired          the import token's 24 hours are over
    IncorrectKey                another key encrypted the blob
    IncorrectKeyMaterial        not the material that the key wants
    InternalError               a defect of the service; report the request id
    InvalidAliasName            not the name of an alias
    InvalidArn                  an ARN that can't be read
    InvalidCiphertext           blob, context and key don't belong together
    InvalidGrantToken           a grant token that nobody issued
    InvalidImportToken          the import token isn't this key's, or was used
    InvalidKeyUsage             the key is for something else
    InvalidMac                  the MAC isn't of this message, by this key
    InvalidMarker               a marker of another list
    InvalidSignature            the signature isn't of this message, by this key
    InvalidState                the key's state forbids it
    KeyUnavailable              the token can't be reached now; retry
    LimitExceeded               a quota is used up
    MalformedPolicy             not a key policy
    NotFound                    no such key or alias
    NotImplementedByService     a feature that the service lacks
    ServiceUnavailable          the service can't be reached, or can't answer now; retry
    TagError                    tags that can't stand together
    Throttled                   too many requests; retry later
    UnsupportedOperation        this key, or this deployment's token, can't do it
    ValidationError             a field breaks its constraint
"""

from collections.abc import Mapping


class StrongroomError(Exception):
    """A call that wasn't answered as asked.

    Args:
        message: what the service says, or this class's first line where it says nothing on purpose.
        reason: the ErrorInfo's reason, `KEY_DISABLED`; empty if the service didn't answer.
        metadata: variable parts: `keyId`, `keyState`, `awsException`, …
        request_id: by which the service's records know the request.
        retry_after_s: when to try again, if the service knows.
        fields: what is wrong with which field of the request.
    """

    def __init__(
        self,
        message: str = "",
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        request_id: str = "",
        retry_after_s: float | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message or (type(self).__doc__ or "").splitlines()[0])
        self.reason = reason
        self.metadata = metadata or {}
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        self.fields = fields or {}


class AccessDenied(StrongroomError):
    """The principal of this client certificate may not do this."""


class AlgorithmMismatch(StrongroomError):
    """The algorithm doesn't go with the key's spec."""


class AlreadyExists(StrongroomError):
    """The account has an alias of this name."""


class ChecksumMismatch(StrongroomError):
    """Bytes were altered on their way; try again."""


class Conflict(StrongroomError):
    """Another change of the same key is under way or due; try again later."""


class CredentialsInvalid(StrongroomError):
    """The client certificate stands for nobody at this service."""


class DeadlineExceeded(StrongroomError):
    """No answer in time; it isn't known whether the service did it."""


class Disabled(StrongroomError):
    """The key is disabled."""


class DryRunOperation(StrongroomError):
    """The request would have succeeded; nothing was done, as asked."""


class ImportTokenExpired(StrongroomError):
    """The import token's 24 hours are over; get another."""


class IncorrectKey(StrongroomError):
    """The key that was named isn't the one that encrypted the blob."""


class IncorrectKeyMaterial(StrongroomError):
    """The key material isn't what was imported before, or none for a key of this kind."""


class InternalError(StrongroomError):
    """The service failed; report the request id."""


class InvalidAliasName(StrongroomError):
    """Not the name of an alias."""


class InvalidArn(StrongroomError):
    """The ARN can't be read."""


class InvalidCiphertext(StrongroomError):
    """The ciphertext was altered, isn't from this service, or has another encryption context."""


class InvalidGrantToken(StrongroomError):
    """The grant token was not issued by this service."""


class InvalidImportToken(StrongroomError):
    """The import token isn't one of this key, or was used before."""


class InvalidKeyUsage(StrongroomError):
    """The key's usage isn't what the operation needs."""


class InvalidMac(StrongroomError):
    """The MAC isn't one of this message, by this key and algorithm."""


class InvalidMarker(StrongroomError):
    """The marker isn't one that this list gave."""


class InvalidSignature(StrongroomError):
    """The signature isn't one of this message, by this key and algorithm."""


class InvalidState(StrongroomError):
    """The key's state forbids the operation."""


class KeyUnavailable(StrongroomError):
    """The token that holds the key can't be reached now; try again."""


class LimitExceeded(StrongroomError):
    """A quota is used up."""


class MalformedPolicy(StrongroomError):
    """The key policy isn't a policy document."""


class NotFound(StrongroomError):
    """There is no such key or alias."""


class NotImplementedByService(StrongroomError):
    """The service doesn't have this feature."""


class ServiceUnavailable(StrongroomError):
    """The service can't be reached, or can't answer now; try again."""


class TagError(StrongroomError):
    """The tags can't stand together, or are reserved."""


class Throttled(StrongroomError):
    """Too many requests; try again later."""


class UnsupportedOperation(StrongroomError):
    """This key, or this deployment's token, can't do it."""


class ValidationError(StrongroomError):
    """A field of the request breaks its constraint."""
