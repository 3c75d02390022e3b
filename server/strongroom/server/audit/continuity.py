"""Whether the segments of each chain follow one another, and go as far as others say they went."""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from strongroom.server.audit.chain import Head
from strongroom.server.audit.findings import Problem, Segment, Verification


def check_chains(found: Verification, missing: Iterable[Head]) -> None:
    """Adds problems and notes about whole segments.

    Args:
        found: what was found of their lines.
        missing: lines that checkpoints were signed for and that no file has.
    """
    found.segments.sort(key=lambda one: (one.head.name, one.head.number))
    chains = {name: list(chain) for name, chain in groupby(found.segments, lambda one: one.head.name)}
    for chain in chains.values():
        _check_beginning(found, chain[0])
        for before, segment in pairwise(chain):
            _check_pair(found, before, segment)
        _check_end(found, chain)
    _check_missing(found, chains, missing)


def _check_beginning(found: Verification, first: Segment) -> None:
    if first.follows is not None:
        text = f"{first.head.number - 1} segments before it aren't here: verify them with those, if need be"
        found.notes.append(Problem(first.path.name, text))


def _check_pair(found: Verification, before: Segment, segment: Segment) -> None:
    if before.is_broken or not segment.head.sequence:
        return  # that has been told already
    said = segment.follows
    problem = None
    if said is None:
        problem = Problem(
            segment.path.name, f"it says that it is the first, but {before.path.name} is before it"
        )
    elif said.segment != before.head.segment:
        problem = Problem(segment.path.name, f"segment {said.number}, behind which it was begun, is missing")
    elif (said.sequence, said.digest) != (before.head.sequence, before.head.digest):
        problem = Problem(
            before.path.name,
            f"it has {before.head.sequence} records; it had {said.sequence} when the next segment was begun",
        )
    elif segment.follows_torn_bytes != before.torn_bytes:
        problem = Problem(before.path.name, "what is behind its last record isn't what was there")
    if problem is not None:
        found.problems.append(problem)


def _check_end(found: Verification, chain: Sequence[Segment]) -> None:
    """What no signature covers: a segment's first record names the end of the one before it."""
    last, unproven = chain[-1], 0
    for segment in reversed(chain):
        unproven += segment.head.sequence - segment.proven
        if segment.proven:
            break
    if last.torn_bytes:
        found.notes.append(
            Problem(last.path.name, f"{last.torn_bytes} bytes of half a record are at its end")
        )
    if unproven:
        found.notes.append(Problem(last.path.name, f"no signature proves the last {unproven} records yet"))
    if not last.is_closed and not last.is_broken:
        text = "it isn't closed: its process writes it, or was killed"
        found.notes.append(Problem(last.path.name, text))


def _check_missing(found: Verification, chains: dict[str, list[Segment]], missing: Iterable[Head]) -> None:
    here = {segment.head.segment: segment for segment in found.segments}
    for head in {one.segment: one for one in sorted(missing, key=lambda one: one.sequence)}.values():
        segment = here.get(head.segment)
        if segment is not None:
            if not segment.is_broken:
                text = f"it has {segment.head.sequence} records; it had {head.sequence} at a checkpoint"
                found.problems.append(Problem(segment.path.name, text))
            continue
        chain = chains.get(head.name, [])
        text = f"a checkpoint was signed for its record {head.sequence}, and it isn't here"
        is_older = bool(chain) and head.number < chain[0].head.number
        (found.notes if is_older else found.problems).append(Problem(f"{head.name}-{head.number:08d}", text))
