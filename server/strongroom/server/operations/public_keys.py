"""GetPublicKey."""

from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.key_uses import public
from strongroom.server.operations.metadata import algorithms_of
from strongroom.server.operations.parts import Parts
from strongroom.v1 import signing_pb2 as messages


def _get_public_key(parts: Parts, call: Call) -> messages.GetPublicKeyResponse:
    key = call.targets[0].key
    return messages.GetPublicKeyResponse(
        public_key=key.current.ref.check,
        key_id=key.arn,
        key_spec=key.spec,
        key_usage=key.usage,
        **algorithms_of(key, parts.token.capabilities),
    )


GET_PUBLIC_KEY = Operation(
    name="GetPublicKey",
    service="strongroom.v1.CryptoService",
    request=messages.GetPublicKeyRequest,
    response=messages.GetPublicKeyResponse,
    fields=(fields.KEY_ID, fields.GRANT_TOKENS),
    uses=(public("GetPublicKey"),),
    may_run_inline=True,
    run=_get_public_key,
)

OPERATIONS = (GET_PUBLIC_KEY,)
