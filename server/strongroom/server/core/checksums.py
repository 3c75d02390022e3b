"""CRC32C (RFC 3720 §12.1) of the bytes in messages: what was altered on its way is found out.

A field `x` of bytes has its checksum in `x_crc32c` beside it; an answer says in `verified_x_crc32c` that the
request's was given and checked, so that a caller knows of one that was lost.
"""

from dataclasses import dataclass
from typing import Any

import google_crc32c

from strongroom.server.core.errors import ChecksumMismatch

_SUFFIX = "_crc32c"
_VERIFIED = "verified_"

_crc32c = google_crc32c.value


@dataclass(frozen=True, slots=True)
class Checksums:
    """The checksums of one operation's messages, each as the names of the bytes and of the checksum.

    Args:
        given: in the request.
        made: in the response.
        confirmed: in the response: the names of the request's checksum and of what confirms it.
    """

    given: tuple[tuple[str, str], ...]
    made: tuple[tuple[str, str], ...]
    confirmed: tuple[tuple[str, str], ...]

    @classmethod
    def between(cls, request: Any, response: Any) -> "Checksums":  # noqa: ANN401 # descriptors of either backend
        """Finds them by their names, in the descriptors of two messages."""
        confirmed = [name for name in response.fields_by_name if name.startswith(_VERIFIED)]
        return cls(
            _pairs(request),
            tuple(pair for pair in _pairs(response) if not pair[0].startswith(_VERIFIED)),
            tuple((name.removeprefix(_VERIFIED), name) for name in confirmed),
        )

    def check(self, request: Any) -> None:  # noqa: ANN401 # a protobuf message
        """Returns if every checksum that is given is right.

        Raises:
            ChecksumMismatch: one isn't.
        """
        for data, checksum in self.given:
            if request.HasField(checksum) and _crc32c(getattr(request, data)) != getattr(request, checksum):
                raise ChecksumMismatch(f"The bytes of {data} were altered on their way: send them again.")

    def add(self, request: Any, response: Any) -> None:  # noqa: ANN401 # protobuf messages
        """Fills in the response's checksums, and confirms the request's."""
        for data, checksum in self.made:
            setattr(response, checksum, _crc32c(getattr(response, data)))
        for checksum, confirmation in self.confirmed:
            if request.HasField(checksum):
                setattr(response, confirmation, True)


def is_checksum(name: str) -> bool:
    """True for the name of a checksum's field."""
    return name.endswith(_SUFFIX)


def _pairs(message: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 # a descriptor
    return tuple((name.removesuffix(_SUFFIX), name) for name in message.fields_by_name if is_checksum(name))
