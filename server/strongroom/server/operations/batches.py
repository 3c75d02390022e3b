"""Batches: many requests of one operation in one call.

An item is checked, authorised and audited like a request of its own, and its failure is its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from google.protobuf.message import Message

from strongroom.server.core.errors import MalformedRequest
from strongroom.server.core.fields import Request
from strongroom.server.core.plural_fields import Items
from strongroom.server.core.wire import items_in
from strongroom.server.operations import authentication_codes, data_keys, encryption, signing
from strongroom.server.operations.declaration import Call, Operation
from strongroom.server.operations.parts import Parts
from strongroom.v1 import batches_pb2 as messages

MAX_ITEMS = 1000
_MOST_FIELDS = 2 * MAX_ITEMS  # a few items too many are told by name; of millions the place isn't even noted


class UnreadItems(NamedTuple):
    """A batch as it came: each item is parsed in its turn, so that none of them all takes long.

    Args:
        items: where they are in the message.
    """

    items: Sequence[slice]


@dataclass(frozen=True, kw_only=True)
class Batch(Operation):
    """A batch of an operation.

    Args:
        each: the operation.
    """

    each: Operation

    @property
    def item(self) -> Operation:
        """The operation of each item."""
        return self.each

    def read(self, body: bytes) -> Request:
        """Finds the items of a batch.

        Raises:
            MalformedRequest: it has many more than it may, or isn't a batch.
        """
        found = items_in(body, self.request.DESCRIPTOR.fields_by_name["items"].number, _MOST_FIELDS)
        if found is None:
            raise MalformedRequest(f"This isn't a {self.name} of 1 to {MAX_ITEMS} items.")
        return UnreadItems(found)


def _run(parts: Parts, call: Call) -> NoReturn:  # noqa: ARG001 # an operation's function
    raise AssertionError("the items of a batch are run, not the batch")


def _batch(each: Operation, request: type[Message], response: type[Message]) -> Batch:
    return Batch(
        name=f"Batch{each.name}",
        service=each.service,
        request=request,
        response=response,
        fields=(Items("items", MAX_ITEMS),),
        each=each,
        run=_run,
    )


OPERATIONS = (
    _batch(encryption.ENCRYPT, messages.BatchEncryptRequest, messages.BatchEncryptResponse),
    _batch(encryption.DECRYPT, messages.BatchDecryptRequest, messages.BatchDecryptResponse),
    _batch(signing.SIGN, messages.BatchSignRequest, messages.BatchSignResponse),
    _batch(signing.VERIFY, messages.BatchVerifyRequest, messages.BatchVerifyResponse),
    _batch(
        authentication_codes.GENERATE_MAC,
        messages.BatchGenerateMacRequest,
        messages.BatchGenerateMacResponse,
    ),
    _batch(
        data_keys.GENERATE_DATA_KEY,
        messages.BatchGenerateDataKeyRequest,
        messages.BatchGenerateDataKeyResponse,
    ),
)
