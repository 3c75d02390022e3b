"""Sign and Verify."""

from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_checks import signs_mu, takes_message
from strongroom.server.operations.key_uses import using
from strongroom.server.operations.material_use import Steps
from strongroom.server.operations.parts import Parts
from strongroom.v1 import resources_pb2 as v1
from strongroom.v1 import signing_pb2 as messages

_SERVICE = "strongroom.v1.CryptoService"
_SIGNS = v1.KEY_USAGE_SIGN_VERIFY
_ALGORITHM = ("signing_algorithm", "SigningAlgorithm")


def _sign(parts: Parts, call: Call) -> Steps[messages.SignResponse]:
    request, key = call.request, call.targets[0].key
    is_digest = request.message_type == v1.MESSAGE_TYPE_DIGEST
    signature = yield from parts.asymmetric.sign(
        key, request.signing_algorithm, request.message, is_digest=is_digest
    )
    return messages.SignResponse(
        signature=signature, key_id=key.arn, signing_algorithm=request.signing_algorithm
    )


def _verify(parts: Parts, call: Call) -> messages.VerifyResponse:
    request, key = call.request, call.targets[0].key
    parts.asymmetric.verify(
        key, request.signing_algorithm, request.message, request.signature, request.message_type
    )
    return messages.VerifyResponse(
        signature_valid=True, key_id=key.arn, signing_algorithm=request.signing_algorithm
    )


_FIELDS = (
    fields.KEY_ID,
    fields.MESSAGE,
    fields.choice("message_type", "MessageType", v1.MESSAGE_TYPE_RAW),
    fields.choice(*_ALGORITHM, required=True),
    fields.GRANT_TOKENS,
    fields.DRY_RUN,
)

SIGN = Operation(
    name="Sign",
    service=_SERVICE,
    request=messages.SignRequest,
    response=messages.SignResponse,
    fields=_FIELDS,
    uses=(using("Sign", _SIGNS, takes_message, signs_mu, algorithm=_ALGORITHM, is_private=True),),
    may_run_inline=True,
    is_usage=True,
    run=_sign,
)

VERIFY = Operation(
    name="Verify",
    service=_SERVICE,
    request=messages.VerifyRequest,
    response=messages.VerifyResponse,
    fields=(*_FIELDS, fields.SIGNATURE),
    uses=(using("Verify", _SIGNS, takes_message, algorithm=_ALGORITHM, is_private=False),),
    may_run_inline=True,
    is_usage=True,
    run=_verify,
)

OPERATIONS = (SIGN, VERIFY)
