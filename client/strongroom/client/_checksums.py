"""CRC32C of what goes over the wire, as the API has it beside every field of bytes.

A field `x` of bytes has `x_crc32c` beside it (RFC 3720 §12.1). The answer says in `verified_x_crc32c` that
the service has checked what the request gave. TLS protects the wire; these find what happens beside it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import google_crc32c
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from strongroom.client.errors import ChecksumMismatch

_SUFFIX = "_crc32c"


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of a message type: of bytes with a checksum beside them, and the items of a batch."""

    checked: tuple[str, ...]
    items: tuple[str, ...]


def add_checksums(request: Any) -> None:  # noqa: ANN401 # any request
    """Sets the checksum of every field of bytes that has one, in the items of a batch too."""
    fields = _fields(request.DESCRIPTOR)
    for name in fields.checked:
        setattr(request, name + _SUFFIX, google_crc32c.value(getattr(request, name)))
    for name in fields.items:
        for item in getattr(request, name):
            add_checksums(item)


def check_answer(request: Any, answer: Any) -> None:  # noqa: ANN401 # any request, any answer
    """Checks an answer's bytes, and that the service has checked the request's.

    Items of a batch aren't looked at: each is checked with its own answer.

    Raises:
        ChecksumMismatch: one doesn't match, or the service hasn't checked one that was sent.
    """
    for name in _fields(answer.DESCRIPTOR).checked:
        if not _is_intact(answer, name):
            raise ChecksumMismatch(f"The answer's {name} was altered on its way; try again.")
    for name in _fields(request.DESCRIPTOR).checked:
        if request.HasField(name + _SUFFIX) and not getattr(answer, f"verified_{name}{_SUFFIX}"):
            raise ChecksumMismatch(f"The service hasn't checked the request's {name}; try again.")


def _is_intact(message: Any, name: str) -> bool:  # noqa: ANN401 # any answer
    is_given = message.HasField(name + _SUFFIX)  # one that was lost is no better than a wrong one
    return bool(is_given and google_crc32c.value(getattr(message, name)) == getattr(message, name + _SUFFIX))


@cache
def _fields(kind: Descriptor) -> _Fields:
    present = kind.fields_by_name
    return _Fields(
        checked=tuple(
            field.name
            for field in kind.fields
            if field.type == FieldDescriptor.TYPE_BYTES and field.name + _SUFFIX in present
        ),
        items=tuple(
            field.name
            for field in kind.fields
            if field.type == FieldDescriptor.TYPE_MESSAGE and field.name == "items"
        ),
    )
