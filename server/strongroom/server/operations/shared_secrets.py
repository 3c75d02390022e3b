"""DeriveSharedSecret, Encapsulate and Decapsulate."""

from strongroom.server.core.fields import Blob
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_checks import takes_encapsulated, takes_peer
from strongroom.server.operations.key_uses import using
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts
from strongroom.v1 import key_pairs_pb2 as messages
from strongroom.v1 import resources_pb2 as v1

_SERVICE = "strongroom.v1.CryptoService"
_AGREES = v1.KEY_USAGE_KEY_AGREEMENT
_ENCAPSULATES = v1.KEY_USAGE_ENCAPSULATE_DECAPSULATE
_AGREEMENT = ("key_agreement_algorithm", "KeyAgreementAlgorithm")
_ENCAPSULATION = ("encapsulation_algorithm", "EncapsulationAlgorithm")


def _derive_shared_secret(parts: Parts, call: Call) -> Steps[messages.DeriveSharedSecretResponse]:
    request, key = call.request, call.targets[0].key
    secret = yield from parts.asymmetric.agree(key, request.public_key)
    return messages.DeriveSharedSecretResponse(
        shared_secret=secret,
        key_id=key.arn,
        key_agreement_algorithm=request.key_agreement_algorithm,
        key_origin=key.origin,
    )


def _encapsulate(parts: Parts, call: Call) -> messages.EncapsulateResponse:
    request, key = call.request, call.targets[0].key
    secret, ciphertext = parts.asymmetric.encapsulate(key)
    return messages.EncapsulateResponse(
        shared_secret=secret,
        shared_secret_ciphertext_blob=ciphertext,
        key_id=key.arn,
        encapsulation_algorithm=request.encapsulation_algorithm,
    )


def _decapsulate(parts: Parts, call: Call) -> Steps[messages.DecapsulateResponse]:
    request, key = call.request, call.targets[0].key
    secret = yield from parts.asymmetric.decapsulate(key, request.shared_secret_ciphertext_blob)
    return messages.DecapsulateResponse(
        shared_secret=secret,
        key_id=key.arn,
        encapsulation_algorithm=request.encapsulation_algorithm,
    )


DERIVE_SHARED_SECRET = Operation(
    name="DeriveSharedSecret",
    service=_SERVICE,
    request=messages.DeriveSharedSecretRequest,
    response=messages.DeriveSharedSecretResponse,
    fields=(
        fields.RECIPIENT,
        fields.KEY_ID,
        fields.choice(*_AGREEMENT, required=True),
        Blob("public_key", 1, fields.MAX_PUBLIC_KEY_BYTES),
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
    ),
    uses=(using("DeriveSharedSecret", _AGREES, takes_peer, algorithm=_AGREEMENT, is_private=True),),
    may_run_inline=True,
    is_usage=True,
    run=_derive_shared_secret,
)

ENCAPSULATE = Operation(
    name="Encapsulate",
    service=_SERVICE,
    request=messages.EncapsulateRequest,
    response=messages.EncapsulateResponse,
    fields=(
        fields.KEY_ID,
        fields.choice(*_ENCAPSULATION, required=True),
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
    ),
    uses=(using("Encapsulate", _ENCAPSULATES, algorithm=_ENCAPSULATION, is_private=False),),
    may_run_inline=True,
    is_usage=True,
    run=_encapsulate,
)

DECAPSULATE = Operation(
    name="Decapsulate",
    service=_SERVICE,
    request=messages.DecapsulateRequest,
    response=messages.DecapsulateResponse,
    fields=(
        fields.KEY_ID,
        Blob("shared_secret_ciphertext_blob", 1, fields.MAX_BLOB_BYTES),
        fields.choice(*_ENCAPSULATION, required=True),
        fields.GRANT_TOKENS,
        fields.DRY_RUN,
    ),
    uses=(
        using("Decapsulate", _ENCAPSULATES, takes_encapsulated, algorithm=_ENCAPSULATION, is_private=True),
    ),
    may_run_inline=True,
    is_usage=True,
    run=_decapsulate,
)

OPERATIONS = (DERIVE_SHARED_SECRET, ENCAPSULATE, DECAPSULATE)
