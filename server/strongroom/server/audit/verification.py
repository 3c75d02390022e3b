"""Verifying an audit trail: its files and the audit key's public key are all that it takes.

First the checkpoints are read: what they sign is how far each segment went at least. Then every line is
checked to follow the one before it, and to be the one that a checkpoint was signed for; then every segment to
follow the one before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from strongroom.server.audit.chain import ChainBroken, Head
from strongroom.server.audit.checkpoints import CheckpointInvalid, key_id_of, proven_by
from strongroom.server.audit.continuity import check_chains
from strongroom.server.audit.endings import chain_of
from strongroom.server.audit.evidence import Evidence
from strongroom.server.audit.files import NoSegmentFile, is_too_long, lines_of, open_segment
from strongroom.server.audit.findings import Problem, Segment, Verification
from strongroom.server.audit.names import CHECKPOINT
from strongroom.server.audit.states import SegmentState

_MARK = f'"{CHECKPOINT}"'.encode()


class Verifier:
    """Verifies files of one deployment's audit trail.

    Args:
        keys: public keys whose checkpoints are trusted.
        known: how far chains went as others know, such as the deployment's database.
        asked_at: when they told; None if nobody was asked.
        known_proves: True if what they know proves records as a signature does.
        begins: number of the first segment that must be here, of chains whose older ones were archived.
    """

    def __init__(
        self,
        keys: Iterable[EllipticCurvePublicKey],
        known: Iterable[Head] = (),
        asked_at: datetime | None = None,
        *,
        known_proves: bool = True,
        begins: Mapping[str, int] | None = None,
    ) -> None:
        self._keys = {key_id_of(key): key for key in keys}
        self._evidence = Evidence(known, asked_at, proves=known_proves)
        self._begins = begins or {}
        self._found = Verification()

    def verify(self, files: Iterable[Path]) -> Verification:
        """Reads all files twice; OSError if one can't be read."""
        paths = [path for path in sorted(set(files)) if self._is_file(path)]
        for path in paths:
            self._read_checkpoints(path)
        for path in paths:
            self._read(path)
        check_chains(self._found, self._evidence, self._begins)
        return self._found

    def _is_file(self, path: Path) -> bool:
        if chain_of(path) is None:
            self._problem(path, 0, "it hasn't the name of a segment")
            return False
        try:
            open_segment(path).close()
        except NoSegmentFile as error:
            self._problem(path, 0, str(error))
            return False
        return True

    def _read_checkpoints(self, path: Path) -> None:
        for number, line in _lines(path):
            details = _checkpoint_in(line)
            if details is not None:
                try:
                    self._evidence.take(proven_by(details, self._keys))
                except CheckpointInvalid as error:
                    self._problem(path, number, f"a checkpoint that proves nothing: {error}")
                except ChainBroken as error:
                    self._problem(path, number, str(error))
                else:
                    self._found.checkpoints += 1

    def _read(self, path: Path) -> None:
        segment = Segment(path, SegmentState(Head(*(chain_of(path) or ("", 0)), "")))
        for number, line in _lines(path):
            if not line.endswith(b"\n") and not is_too_long(line):
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
        before = segment.head
        state, record = segment.state.after(line)
        is_proven = self._evidence.proves(state.head)
        segment.state = state
        self._found.records += 1
        if is_proven or self._proves_itself(record, before):
            segment.proven = state.head.sequence

    def _proves_itself(self, record: Mapping[str, Any], before: Head) -> bool:
        """True for a checkpoint that was signed for the line before it."""
        if record.get("eventName") != CHECKPOINT:
            return False
        details = record.get("serviceEventDetails")
        return isinstance(details, dict) and self._evidence.signed_for(details.get("statement")) == before

    def _problem(self, path: Path, number: int, text: str) -> None:
        self._found.problems.append(Problem(f"{path.name}:{number}" if number else path.name, text))


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
    with open_segment(path) as file:
        yield from enumerate(lines_of(file), start=1)
