"""The hash chain of a segment: every line carries the digest of the line before it.

A line is a JSON object whose last member is `chain`:

    "chain":{"segment":"<16 hex digits>","sequence":<1, 2, …>,"previous":"<64 hex digits>"}

`previous` is SHA-256 (FIPS 180-4) of the whole line before, without its line feed; a segment's first line
has 64 zeros there.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

NOTHING = "0" * 64
"""What the first line of a segment has before it."""

_MARK = b',"chain":{"segment":"'


class ChainBroken(Exception):
    """A line isn't the one that follows; says why."""


class Head(NamedTuple):
    """How far a segment goes.

    Args:
        name: of the chain, that of the process that writes it.
        number: of the segment within its chain, from 1 on.
        segment: the segment's id, 16 hex digits.
        sequence: of its last line; 0 if it has none.
        digest: SHA-256 of its last line, 64 hex digits.
    """

    name: str
    number: int
    segment: str
    sequence: int = 0
    digest: str = NOTHING

    def as_json(self) -> dict[str, object]:
        """What checkpoints and the next segment say of it."""
        return self._asdict()

    def next(self, line: bytes) -> "Head":
        """The head behind one more line."""
        return self._replace(sequence=self.sequence + 1, digest=digest_of(line))


def head_of(details: Any) -> Head:  # noqa: ANN401 # JSON
    """Reads what `Head.as_json` gave; ChainBroken if it isn't that."""
    try:
        head = Head(**{name: details[name] for name in Head._fields})
    except (KeyError, TypeError):
        raise ChainBroken("what it says of another segment can't be read") from None
    kinds = (str, int, str, int, str)
    if tuple(map(type, head)) != kinds:
        raise ChainBroken("what it says of another segment can't be read")
    return head


def digest_of(line: bytes) -> str:
    """SHA-256 of a line without its line feed, in hex."""
    return sha256(line).hexdigest()


def linked(records: Iterable[bytes], head: Head) -> tuple[bytes, Head]:
    """The lines of records, each a JSON object with at least one member, behind a head; and the head then."""
    name, number, segment, sequence, digest = head
    mark = b'%b%b","sequence":' % (_MARK, segment.encode())
    data = []
    for record in records:
        sequence += 1
        line = b'%b%b%d,"previous":"%b"}}' % (record[:-1], mark, sequence, digest.encode())
        digest = digest_of(line)
        data.append(line + b"\n")
    return b"".join(data), Head(name, number, segment, sequence, digest)


def checked(line: bytes, head: Head) -> dict[str, Any]:
    """The record of the line that follows a head.

    Raises:
        ChainBroken: it isn't that line.
    """
    record, link = _parsed(line)
    if link.get("segment") != head.segment:
        raise ChainBroken("it belongs to another segment")
    if link.get("sequence") != head.sequence + 1:
        raise ChainBroken(f"its sequence is {link.get('sequence')}, {head.sequence + 1} should follow")
    if link.get("previous") != head.digest:
        raise ChainBroken("the line before it isn't the one that it was written behind")
    return record


def segment_of(line: bytes) -> str:
    """The segment that a line says it belongs to; ChainBroken if it says none."""
    return str(_parsed(line)[1].get("segment"))


def _parsed(line: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        record = orjson.loads(line)
        link = record["chain"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise ChainBroken("it is no record") from None
    if not isinstance(record, dict) or not isinstance(link, dict):
        raise ChainBroken("it is no record")
    return record, link
