"""GenerateRandom."""

from strongroom.server.core.errors import ValidationFailed
from strongroom.server.core.fields import Integer, Request
from strongroom.server.operations import shared_fields as fields
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.parts import Parts
from strongroom.v1 import encryption_pb2 as messages

MAX_RANDOM_BYTES = 1024


def _generate_random(parts: Parts, call: Call) -> messages.GenerateRandomResponse:
    return messages.GenerateRandomResponse(plaintext=parts.token.random(call.request.number_of_bytes))


def _length_is_given(request: Request) -> None:
    if not request.HasField("number_of_bytes"):
        raise ValidationFailed("NumberOfBytes is required.")


GENERATE_RANDOM = Operation(
    name="GenerateRandom",
    service="strongroom.v1.CryptoService",
    request=messages.GenerateRandomRequest,
    response=messages.GenerateRandomResponse,
    fields=(
        fields.RECIPIENT,
        fields.CUSTOM_KEY_STORE_ID,
        Integer("number_of_bytes", 1, MAX_RANDOM_BYTES),
    ),
    rules=(_length_is_given,),
    action="GenerateRandom",
    may_run_inline=True,
    run=_generate_random,
)

OPERATIONS = (GENERATE_RANDOM,)
