"""How far a segment was read, line by line."""

from typing import Any, NamedTuple

from strongroom.server.audit.chain import ChainBroken, Head, checked, segment_of
from strongroom.server.audit.names import CHECKPOINT, CLOSED
from strongroom.server.audit.openings import Opening, opening_of


class SegmentState(NamedTuple):
    """How far a segment was read.

    Args:
        head: how far; before its first line it has no id yet.
        opening: what the first record says; None before it.
        is_closed: True if its writer said that nothing follows.
    """

    head: Head
    opening: Opening | None = None
    is_closed: bool = False

    def after(self, line: bytes) -> tuple["SegmentState", dict[str, Any]]:
        """What it is after one more line, and that line's record.

        Args:
            line: without its line feed.

        Raises:
            ChainBroken: it isn't the line that follows.
        """
        head, opening = self.head, self.opening
        if head.sequence:
            record = checked(line, head)
        else:
            head = head._replace(segment=segment_of(line))
            record = checked(line, head)
            opening = opening_of(record, head)
        name = record.get("eventName")
        if self.is_closed and name != CHECKPOINT:  # that is all that may follow
            raise ChainBroken("it was added when the chain had ended: nothing vouches for it")
        return SegmentState(head.next(line), opening, self.is_closed or name == CLOSED), record
