"""What is signed or authenticated: bytes that are sent as they are, or an input whose digest is sent."""

from dataclasses import dataclass
from pathlib import Path

from strongroom.cli.digests import digest_of
from strongroom.cli.failures import usage
from strongroom.cli.files import Encoding, read_bytes

MAX_MESSAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Message:
    """An input; its content is None if only its digest will be sent."""

    source: Path
    content: bytes | None

    @classmethod
    def read(cls, source: Path, encoding: Encoding, *, is_digested: bool, too_long: str) -> "Message":
        """Reads what is sent as it is; an input to be digested, of any size, is left for `bytes_for`."""
        if not is_digested:
            return cls(source, read_bytes(source, encoding, most=MAX_MESSAGE_BYTES, too_long=too_long))
        if encoding not in {Encoding.RAW, Encoding.AUTO}:
            usage("--digest takes the input as it is: leave --in-encoding out.")
        return cls(source, None)

    def bytes_for(self, algorithm: str, *, as_json: bool) -> bytes:
        """What to send: the content, or the digest by the algorithm's hash."""
        if self.content is not None:
            return self.content
        return digest_of(self.source, algorithm, as_json=as_json)
