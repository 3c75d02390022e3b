"""Encrypt, Decrypt and ReEncrypt."""

from collections.abc import Mapping

from strongroom.server.core.errors import ValidationFailed, Violation
from strongroom.server.core.fields import Request, Text
from strongroom.server.core.key_specs import RULES
from strongroom.server.core.plural_fields import EncryptionContext
from strongroom.server.keyring import KeySnapshot
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.asymmetric import OAEP_HASHES
from strongroom.server.operations.declaration import Call, Operation, Target
from strongroom.server.operations.key_checks import takes_plaintext
from strongroom.server.operations.key_uses import opening, sealing
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts
from strongroom.v1 import encryption_pb2 as messages
from strongroom.v1 import resources_pb2 as v1

_SERVICE = "strongroom.v1.CryptoService"
_DEFAULT = v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT


def _seal(
    parts: Parts, key: KeySnapshot, plaintext: bytes, context: Mapping[str, str], algorithm: int
) -> Steps[bytes]:
    if algorithm in OAEP_HASHES:
        return parts.asymmetric.encrypt(key, algorithm, plaintext)
    return (yield from parts.cipher.seal(key, plaintext, context))


def _open(
    parts: Parts, target: Target, ciphertext: bytes, context: Mapping[str, str], algorithm: int
) -> Steps[bytes]:
    if algorithm in OAEP_HASHES:
        return (yield from parts.asymmetric.decrypt(target.key, algorithm, ciphertext))
    assert target.material is not None  # noqa: S101 # the key made the blob: checked
    assert target.blob is not None  # noqa: S101 # only dry runs may leave it out
    return (yield from parts.cipher.open(target.key, target.material, target.blob, context))


def _symmetric_material_id(target: Target) -> str:
    """The material's name, which callers learn of symmetric keys alone."""
    if target.material is None or RULES[target.key.spec].is_asymmetric:
        return ""
    return target.material.kms_material_id


def _encrypt(parts: Parts, call: Call) -> Steps[messages.EncryptResponse]:
    request, key = call.request, call.targets[0].key
    blob = yield from _seal(
        parts, key, request.plaintext, request.encryption_context, request.encryption_algorithm
    )
    return messages.EncryptResponse(
        ciphertext_blob=blob,
        key_id=key.arn,
        encryption_algorithm=request.encryption_algorithm or _DEFAULT,
    )


def _decrypt(parts: Parts, call: Call) -> Steps[messages.DecryptResponse]:
    request, target = call.request, call.targets[0]
    plaintext = yield from _open(
        parts, target, request.ciphertext_blob, request.encryption_context, request.encryption_algorithm
    )
    return messages.DecryptResponse(
        plaintext=plaintext,
        key_id=target.key.arn,
        encryption_algorithm=request.encryption_algorithm or _DEFAULT,
        key_material_id=_symmetric_material_id(target),
    )


def _re_encrypt(parts: Parts, call: Call) -> Steps[messages.ReEncryptResponse]:
    request, (source, destination) = call.request, call.targets
    plaintext = yield from _open(
        parts,
        source,
        request.ciphertext_blob,
        request.source_encryption_context,
        request.source_encryption_algorithm,
    )
    blob = yield from _seal(
        parts,
        destination.key,
        plaintext,
        request.destination_encryption_context,
        request.destination_encryption_algorithm,
    )
    return messages.ReEncryptResponse(
        ciphertext_blob=blob,
        source_key_id=source.key.arn,
        key_id=destination.key.arn,
        source_encryption_algorithm=request.source_encryption_algorithm or _DEFAULT,
        destination_encryption_algorithm=request.destination_encryption_algorithm or _DEFAULT,
        source_key_material_id=_symmetric_material_id(source),
        destination_key_material_id=_symmetric_material_id(destination),
    )


class _CiphertextRule:
    """A blob must be there, unless a dry run ignores it; without a blob that names its key, it is named."""

    def __init__(self, key_id: str, algorithm: str) -> None:
        self._key_id = key_id
        self._algorithm = algorithm

    def __call__(self, request: Request) -> None:
        """Raises ValidationFailed if the request breaks the rule."""
        if request.dry_run_modifiers and not request.dry_run:
            raise ValidationFailed("DryRunModifiers can only be specified when DryRun is true.")
        if request.ciphertext_blob:
            algorithm = getattr(request, self._algorithm) or _DEFAULT
            if algorithm != _DEFAULT and not getattr(request, self._key_id):
                raise ValidationFailed("A key must be named: the ciphertexts of asymmetric keys name none.")
            return
        if not request.dry_run_modifiers:
            text = (
                "Value at 'ciphertextBlob' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1"
            )
            raise ValidationFailed.of((Violation("ciphertext_blob", text),))
        if not getattr(request, self._key_id):
            raise ValidationFailed("A key must be named when the ciphertext is ignored.")


ENCRYPT = Operation(
    name="Encrypt",
    service=_SERVICE,
    request=messages.EncryptRequest,
    response=messages.EncryptResponse,
    fields=(
        fields.KEY_ID,
        fields.PLAINTEXT,
        fields.ENCRYPTION_CONTEXT,
        fields.encryption_algorithm(),
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
    ),
    uses=(sealing("Encrypt", takes_plaintext, algorithm="encryption_algorithm"),),
    may_run_inline=True,
    is_usage=True,
    run=_encrypt,
)

DECRYPT = Operation(
    name="Decrypt",
    service=_SERVICE,
    request=messages.DecryptRequest,
    response=messages.DecryptResponse,
    fields=(
        fields.RECIPIENT,
        fields.CIPHERTEXT_BLOB,
        fields.optional_key_id("key_id"),
        fields.ENCRYPTION_CONTEXT,
        fields.encryption_algorithm(),
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
        fields.DRY_RUN_MODIFIERS,
    ),
    rules=(_CiphertextRule("key_id", "encryption_algorithm"),),
    uses=(
        opening("Decrypt", key_id="key_id", context="encryption_context", algorithm="encryption_algorithm"),
    ),
    may_run_inline=True,
    is_usage=True,
    run=_decrypt,
)

RE_ENCRYPT = Operation(
    name="ReEncrypt",
    service=_SERVICE,
    request=messages.ReEncryptRequest,
    response=messages.ReEncryptResponse,
    fields=(
        fields.CIPHERTEXT_BLOB,
        fields.optional_key_id("source_key_id"),
        EncryptionContext("source_encryption_context"),
        fields.encryption_algorithm("source_encryption_algorithm"),
        Text("destination_key_id", 1, fields.MAX_KEY_ID_CHARACTERS),
        EncryptionContext("destination_encryption_context"),
        fields.encryption_algorithm("destination_encryption_algorithm"),
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
        fields.DRY_RUN_MODIFIERS,
    ),
    rules=(_CiphertextRule("source_key_id", "source_encryption_algorithm"),),
    uses=(
        opening(
            "ReEncryptFrom",
            key_id="source_key_id",
            context="source_encryption_context",
            algorithm="source_encryption_algorithm",
        ),
        sealing(
            "ReEncryptTo",
            key_id="destination_key_id",
            context="destination_encryption_context",
            algorithm="destination_encryption_algorithm",
        ),
    ),
    may_run_inline=True,
    is_usage=True,
    run=_re_encrypt,
)

OPERATIONS = (ENCRYPT, DECRYPT, RE_ENCRYPT)
