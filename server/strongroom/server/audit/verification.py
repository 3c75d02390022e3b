"""Verifying an audit trail: its files and the audit key's public key are all that it takes.

First the checkpoints are read: what they sign is how far each segment went at least. Then every line is
checked to follow the one before it, and to be the one that a checkpoint was signed for; then every segment to
follow the one before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from strongroom.server.audit.chain import ChainBroken, Head, checked, head_of, segment_of
from strongroom.server.audit.checkpoints import CHECKPOINT, CheckpointInvalid, key_id_of, proven_by
from strongroom.server.audit.continuity import check_chains
from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.findings import Problem, Segment, Verification
from strongroom.server.audit.segments import CLOSED, OPENED

_MARK = f'"{CHECKPOINT}"'.encode()


class Verifier:
    """Verifies files of one deployment's audit trail.

    Args:
        keys: public keys whose checkpoints are trusted.
        known: how far chains went as others know, such as the deployment's database.
    """

    def __init__(self, keys: Iterable[EllipticCurvePublicKey], known: Iterable[Head] = ()) -> None:
        self._keys = {key_id_of(key): key for key in keys}
        self._anchors: defaultdict[str, dict[int, Head]] = defaultdict(dict)
        for head in known:
            self._anchors[head.segment][head.sequence] = head
        self._found = Verification()

    def verify(self, files: Iterable[Path]) -> Verification:
        """Reads all files twice; OSError if one can't be read."""
        paths = sorted(files)
        for path in paths:
            self._read_checkpoints(path)
        for path in paths:
            self._read(path)
        missing = [head for heads in self._anchors.values() for head in heads.values()]
        check_chains(self._found, missing)
        return self._found

    def _read_checkpoints(self, path: Path) -> None:
        for number, line in _lines(path):
            details = _checkpoint_in(line)
            if details is not None:
                try:
                    heads = proven_by(details, self._keys)
                except CheckpointInvalid as error:
                    self._problem(path, number, f"a checkpoint that proves nothing: {error}")
                else:
                    self._found.checkpoints += 1
                    for head in heads:
                        self._anchors[head.segment][head.sequence] = head

    def _read(self, path: Path) -> None:
        chain = chain_of(path)
        if chain is None:
            self._problem(path, 0, "it hasn't the name of a segment")
            return
        segment = Segment(path, Head(*chain, ""))
        for number, line in _lines(path):
            if not line.endswith(b"\n"):
                segment.torn_bytes = len(line)
                break
            try:
                self._take(segment, line.removesuffix(b"\n"))
            except ChainBroken as error:
                self._problem(path, number, str(error))
                segment.is_broken = True
                break
        self._found.segments.append(segment)

    def _take(self, segment: Segment, line: bytes) -> None:
        """Checks one line, and whether it is what checkpoints say.

        Raises:
            ChainBroken: it isn't as it was written.
        """
        head = segment.head
        if not head.sequence:
            head = head._replace(segment=segment_of(line))
        record = checked(line, head)
        if not head.sequence:
            _begin(segment, record)
        was_proven = segment.proven == head.sequence
        name = record.get("eventName")
        segment.is_closed = name == CLOSED or (segment.is_closed and name == CHECKPOINT)
        segment.head = head = head.next(line)
        self._found.records += 1
        anchor = self._anchors[head.segment].pop(head.sequence, None)
        if anchor is not None and anchor.digest != head.digest:
            raise ChainBroken("it isn't the line that a checkpoint was signed for")
        if anchor is not None or (was_proven and name == CHECKPOINT):
            segment.proven = head.sequence

    def _problem(self, path: Path, number: int, text: str) -> None:
        self._found.problems.append(Problem(f"{path.name}:{number}" if number else path.name, text))


def _begin(segment: Segment, record: dict[str, Any]) -> None:
    """Reads a segment's first record."""
    details = record.get("serviceEventDetails")
    if record.get("eventName") != OPENED or not isinstance(details, dict):
        raise ChainBroken("a segment begins otherwise")
    said = (details.get("name"), details.get("number"))
    if said != (segment.head.name, segment.head.number):
        raise ChainBroken(f"it is the beginning of segment {said[1]} of {said[0]}: the file was renamed")
    follows = details.get("follows")
    if follows is not None:
        segment.follows = head_of(follows)
        segment.follows_torn_bytes = details.get("tornBytes", 0)


def _checkpoint_in(line: bytes) -> Any:  # noqa: ANN401 # JSON
    """The details of a checkpoint's record, or None; a broken line is found when the lines are checked."""
    if _MARK not in line:
        return None
    try:
        record = orjson.loads(line)
        return record["serviceEventDetails"] if record["eventName"] == CHECKPOINT else None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, start=1)
