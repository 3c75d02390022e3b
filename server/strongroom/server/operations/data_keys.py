"""GenerateDataKey and GenerateDataKeyWithoutPlaintext."""

from strongroom.server.core.errors import ValidationFailed
from strongroom.server.core.fields import Integer, Request
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import sealing
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts
from strongroom.v1 import encryption_pb2 as messages
from strongroom.v1 import resources_pb2 as v1

MAX_DATA_KEY_BYTES = 1024

_SERVICE = "strongroom.v1.CryptoService"
_BYTES_OF_SPEC = {v1.DATA_KEY_SPEC_AES_256: 32, v1.DATA_KEY_SPEC_AES_128: 16}


def _generate_data_key(parts: Parts, call: Call) -> Steps[messages.GenerateDataKeyResponse]:
    plaintext, blob = yield from _new_data_key(parts, call)
    key = call.targets[0].key
    return messages.GenerateDataKeyResponse(
        ciphertext_blob=blob,
        plaintext=plaintext,
        key_id=key.arn,
        key_material_id=key.current.kms_material_id,
    )


def _generate_data_key_without_plaintext(
    parts: Parts, call: Call
) -> Steps[messages.GenerateDataKeyWithoutPlaintextResponse]:
    _, blob = yield from _new_data_key(parts, call)
    key = call.targets[0].key
    return messages.GenerateDataKeyWithoutPlaintextResponse(
        ciphertext_blob=blob, key_id=key.arn, key_material_id=key.current.kms_material_id
    )


def _new_data_key(parts: Parts, call: Call) -> Steps[tuple[bytes, bytes]]:
    request = call.request
    length = _BYTES_OF_SPEC.get(request.key_spec) or request.number_of_bytes
    plaintext = parts.token.random(length)
    blob = yield from parts.cipher.seal(call.targets[0].key, plaintext, request.encryption_context)
    return plaintext, blob


def _exactly_one_length(request: Request) -> None:
    if bool(request.key_spec) == request.HasField("number_of_bytes"):
        raise ValidationFailed("Please specify either number of bytes or key spec.")


_LENGTH = (
    Integer("number_of_bytes", 1, MAX_DATA_KEY_BYTES),
    fields.choice("key_spec", "DataKeySpec"),
)

GENERATE_DATA_KEY = Operation(
    name="GenerateDataKey",
    service=_SERVICE,
    request=messages.GenerateDataKeyRequest,
    response=messages.GenerateDataKeyResponse,
    fields=(
        fields.RECIPIENT,
        fields.KEY_ID,
        fields.ENCRYPTION_CONTEXT,
        *_LENGTH,
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
    ),
    rules=(_exactly_one_length,),
    uses=(sealing("GenerateDataKey"),),
    conditions=fields.SYMMETRIC_ONLY,
    may_run_inline=True,
    is_usage=True,
    run=_generate_data_key,
)

GENERATE_DATA_KEY_WITHOUT_PLAINTEXT = Operation(
    name="GenerateDataKeyWithoutPlaintext",
    service=_SERVICE,
    request=messages.GenerateDataKeyWithoutPlaintextRequest,
    response=messages.GenerateDataKeyWithoutPlaintextResponse,
    fields=(
        fields.KEY_ID,
        fields.ENCRYPTION_CONTEXT,
        *_LENGTH,
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
    ),
    rules=(_exactly_one_length,),
    uses=(sealing("GenerateDataKeyWithoutPlaintext"),),
    conditions=fields.SYMMETRIC_ONLY,
    may_run_inline=True,
    is_usage=True,
    run=_generate_data_key_without_plaintext,
)

OPERATIONS = (GENERATE_DATA_KEY, GENERATE_DATA_KEY_WITHOUT_PLAINTEXT)
