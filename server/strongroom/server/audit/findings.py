"""What a verification finds."""

from dataclasses import dataclass, field
from pathlib import Path

from strongroom.server.audit.chain import Head
from strongroom.server.audit.openings import Opening
from strongroom.server.audit.states import SegmentState


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that isn't as it was written, or that can't be told.

    Args:
        place: the file, and the line where there is one: `worker-0-00000001.jsonl:12`.
        text: what it is.
    """

    place: str
    text: str


@dataclass(slots=True)
class Segment:
    """What was found of a segment.

    Args:
        path: its file.
        state: how far it was read.
        torn_bytes: of half a line at its end.
        proven: the sequence up to which a signature proves it.
        is_broken: True if it was given up at a line that isn't as it was written.
    """

    path: Path
    state: SegmentState
    torn_bytes: int = 0
    proven: int = 0
    is_broken: bool = False

    @property
    def head(self) -> Head:
        """How far it goes."""
        return self.state.head

    @property
    def opening(self) -> Opening | None:
        """What its first record says; None without one."""
        return self.state.opening

    @property
    def follows(self) -> Head | None:
        """How far the one before it went; None of a chain's first."""
        return None if self.opening is None else self.opening.follows


@dataclass(slots=True)
class Verification:
    """What came of a verification.

    Args:
        segments: those that were found.
        problems: what isn't as it was written.
        notes: what can't be told: beginnings that aren't there, ends that nothing proves yet.
        records: how many records there are.
        checkpoints: how many signed checkpoints hold.
    """

    segments: list[Segment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    records: int = 0
    checkpoints: int = 0
