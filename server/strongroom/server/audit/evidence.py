"""What checkpoints and others say of the chains: how far they went, and which segments there were when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from strongroom.server.audit.chain import ChainBroken, Head
from strongroom.server.audit.checkpoints import Statement, digest_of
from strongroom.server.core.clock import utc_now

_SETTLED = timedelta(seconds=10)
"""So long after a segment was begun others know of it."""
_AHEAD = timedelta(hours=1)
"""So far the clock of the deployment may be ahead."""


class Witness(NamedTuple):
    """Who knew of all chains at one time.

    Args:
        name: who it is, for people.
        at: when.
        numbers: of each chain's segment then.
    """

    name: str
    at: datetime
    numbers: Mapping[str, int]


class Evidence:
    """What is said of the chains.

    Args:
        known: how far they went as somebody trusted knows, such as the deployment's database.
        proves: True if that proves records as a signature does.
        asked_at: when that was asked for; None if nobody was.
    """

    def __init__(self, known: Iterable[Head], asked_at: datetime | None, *, proves: bool) -> None:
        self._heads: defaultdict[str, dict[int, Head]] = defaultdict(dict)
        self._signed: set[tuple[str, int]] = set()
        self._statements: dict[bytes, Head] = {}
        self._last: Statement | None = None
        self._known = tuple(known)
        self._asked_at = asked_at
        for head in self._known:
            self._add(head, is_proof=proves)

    def take(self, statement: Statement) -> None:
        """Adds what a checkpoint proves.

        Raises:
            ChainBroken: it is the copy of another.
        """
        if statement.digest in self._statements:
            raise ChainBroken("a checkpoint that is the copy of another")
        self._statements[statement.digest] = statement.chain
        for head in (statement.chain, *statement.others):
            self._add(head, is_proof=True)
        if statement.at is not None and statement.others:  # without others it may not have known of them
            last = self._last
            if last is None or last.at is None or last.at < statement.at:
                self._last = statement

    def _add(self, head: Head, *, is_proof: bool) -> None:
        self._heads[head.segment][head.sequence] = head
        if is_proof:
            self._signed.add((head.segment, head.sequence))

    def signed_for(self, statement: object) -> Head | None:
        """How far its chain went when a checkpoint's statement was signed; None if it wasn't."""
        return self._statements.get(digest_of(str(statement)))

    def proves(self, head: Head) -> bool:
        """True if a signature was made for this line; ChainBroken if for another in its place."""
        said = self._heads.get(head.segment, {}).get(head.sequence)
        if said is not None and said.digest != head.digest:
            raise ChainBroken("it isn't the line that a checkpoint was signed for")
        return (head.segment, head.sequence) in self._signed

    def furthest(self) -> Mapping[str, Head]:
        """How far each segment went at least, by its id."""
        return {segment: heads[max(heads)] for segment, heads in self._heads.items()}

    def denies(self, head: Head) -> str | None:
        """Why a segment can't have ended so; None if nothing is against it."""
        heads = self._heads.get(head.segment)
        if heads is None:
            known = {
                one.segment for heads in self._heads.values() for one in heads.values() if _same(one, head)
            }
            return f"segment {head.number} was another one at a checkpoint" if known else None
        last = heads[max(heads)]
        if last.sequence > head.sequence:
            return f"segment {head.number} had {last.sequence} records at a checkpoint, not {head.sequence}"
        said = heads.get(head.sequence, head)
        return (
            None if said.digest == head.digest else f"segment {head.number} ended otherwise at a checkpoint"
        )

    def unknown_to(self, name: str, number: int, begun_at: datetime | None) -> str | None:
        """Who should know of a segment that was begun at a time, and doesn't; None if nobody."""
        if begun_at is not None and begun_at > utc_now() + _AHEAD:
            begun_at = None  # whoever made that up mustn't be believed until then
        for witness in self._witnesses():
            is_later = begun_at is None or witness.at > begun_at + _SETTLED
            if is_later and witness.numbers.get(name, 0) < number:
                return witness.name
        return None

    def _witnesses(self) -> Iterable[Witness]:
        last = self._last
        if last is not None and last.at is not None:
            heads = (last.chain, *last.others)
            name = f"the checkpoint of {last.chain.name} that was signed at {last.at.isoformat()}"
            yield Witness(name, last.at, {head.name: head.number for head in heads})
        if self._asked_at is not None:
            yield Witness("the database", self._asked_at, {head.name: head.number for head in self._known})


def _same(one: Head, other: Head) -> bool:
    return (one.name, one.number) == (other.name, other.number)
