"""Encrypt, Decrypt and ReEncrypt."""

from strongroom.server.core.errors import ValidationFailed, Violation
from strongroom.server.core.fields import EncryptionContext, Request, Text
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import opening, sealing
from strongroom.server.operations.parts import Parts
from strongroom.v1 import crypto_service_pb2 as crypto
from strongroom.v1 import resources_pb2 as v1

_SERVICE = "strongroom.v1.CryptoService"
_DEFAULT = v1.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT


def _encrypt(parts: Parts, call: Call) -> crypto.EncryptResponse:
    request, key = call.request, call.targets[0].key
    return crypto.EncryptResponse(
        ciphertext_blob=parts.cipher.seal(key, request.plaintext, request.encryption_context),
        key_id=key.arn,
        encryption_algorithm=request.encryption_algorithm or _DEFAULT,
    )


def _decrypt(parts: Parts, call: Call) -> crypto.DecryptResponse:
    request, target = call.request, call.targets[0]
    assert target.material is not None  # noqa: S101 # the key made the blob: checked
    assert target.blob is not None  # noqa: S101 # only dry runs may leave it out
    return crypto.DecryptResponse(
        plaintext=parts.cipher.open(target.key, target.material, target.blob, request.encryption_context),
        key_id=target.key.arn,
        encryption_algorithm=request.encryption_algorithm or _DEFAULT,
        key_material_id=target.material.kms_material_id,
    )


def _re_encrypt(parts: Parts, call: Call) -> crypto.ReEncryptResponse:
    request, (source, destination) = call.request, call.targets
    assert source.material is not None  # noqa: S101 # the key made the blob: checked
    assert source.blob is not None  # noqa: S101 # only dry runs may leave it out
    plaintext = parts.cipher.open(source.key, source.material, source.blob, request.source_encryption_context)
    return crypto.ReEncryptResponse(
        ciphertext_blob=parts.cipher.seal(destination.key, plaintext, request.destination_encryption_context),
        source_key_id=source.key.arn,
        key_id=destination.key.arn,
        source_encryption_algorithm=request.source_encryption_algorithm or _DEFAULT,
        destination_encryption_algorithm=request.destination_encryption_algorithm or _DEFAULT,
        source_key_material_id=source.material.kms_material_id,
        destination_key_material_id=destination.key.current.kms_material_id,
    )


class _CiphertextRule:
    """A blob must be there, unless a dry run ignores it; then the key must be named instead."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def __call__(self, request: Request) -> None:
        """Raises ValidationFailed if the request breaks the rule."""
        if request.dry_run_modifiers and not request.dry_run:
            raise ValidationFailed("DryRunModifiers can only be specified when DryRun is true.")
        if request.ciphertext_blob:
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
    request=crypto.EncryptRequest,
    response=crypto.EncryptResponse,
    fields=(
        fields.KEY_ID,
        fields.PLAINTEXT,
        fields.ENCRYPTION_CONTEXT,
        fields.encryption_algorithm(),
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
    ),
    uses=(sealing("Encrypt", algorithm="encryption_algorithm"),),
    may_run_inline=True,
    run=_encrypt,
)

DECRYPT = Operation(
    name="Decrypt",
    service=_SERVICE,
    request=crypto.DecryptRequest,
    response=crypto.DecryptResponse,
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
    rules=(_CiphertextRule("key_id"),),
    uses=(opening("Decrypt", key_id="key_id", algorithm="encryption_algorithm"),),
    may_run_inline=True,
    run=_decrypt,
)

RE_ENCRYPT = Operation(
    name="ReEncrypt",
    service=_SERVICE,
    request=crypto.ReEncryptRequest,
    response=crypto.ReEncryptResponse,
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
    rules=(_CiphertextRule("source_key_id"),),
    uses=(
        opening("ReEncryptFrom", key_id="source_key_id", algorithm="source_encryption_algorithm"),
        sealing(
            "ReEncryptTo",
            key_id="destination_key_id",
            algorithm="destination_encryption_algorithm",
        ),
    ),
    may_run_inline=True,
    run=_re_encrypt,
)

OPERATIONS = (ENCRYPT, DECRYPT, RE_ENCRYPT)
