"""Whether the segments of each chain follow one another, and go as far as others say they went."""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise

from strongroom.server.audit.evidence import Evidence
from strongroom.server.audit.findings import Problem, Segment, Verification

Begins = Mapping[str, int]
"""Number of the first segment that must be here, of chains whose older ones were archived."""


def check_chains(found: Verification, evidence: Evidence, begins: Begins) -> None:
    """Adds problems and notes about whole segments.

    Args:
        found: what was found of their lines.
        evidence: what signatures and others say of them.
        begins: from which segment on they must be here.
    """
    found.segments.sort(key=lambda one: (one.head.name, one.head.number))
    for _, chain in groupby(found.segments, lambda one: one.head.name):
        _check_chain(found, evidence, begins, list(chain))
    _check_missing(found, evidence, begins)


def _check_chain(
    found: Verification, evidence: Evidence, begins: Begins, all_of_it: Sequence[Segment]
) -> None:
    chain = [segment for segment in all_of_it if segment.head.sequence or segment.is_broken]
    for segment in all_of_it:
        if segment not in chain:
            _note(found, segment, "it has no whole record: a crash came first")
    if not chain:
        return
    _check_beginning(found, evidence, begins, chain[0])
    for before, segment in pairwise(chain):
        _check_pair(found, before, segment)
    _vouch(chain)
    for segment in chain:
        _check_segment(found, evidence, segment)
    _check_ends(found, chain)


def _check_beginning(found: Verification, evidence: Evidence, begins: Begins, first: Segment) -> None:
    if first.follows is None:
        return
    name, number = first.head.name, first.follows.number
    if number >= begins.get(name, 1):
        text = (
            f"segments before it aren't here, {number} was the last of them: verify it with those; "
            f"if they were archived, --from-segment {name}={first.head.number} says so"
        )
        _problem(found, first, text)
    denial = evidence.denies(first.follows)
    if denial is not None:
        _problem(found, first, f"what it says of the segment before it isn't so: {denial}")


def _check_pair(found: Verification, before: Segment, segment: Segment) -> None:
    if before.is_broken or segment.opening is None:
        return  # that has been told already
    said = segment.follows
    if said is None:
        _problem(found, segment, f"it says that it is the first, but {before.path.name} is before it")
    elif said.segment != before.head.segment:
        text = (
            f"it was begun behind segment {said.number} ({said.segment}), which isn't the one before it here"
        )
        _problem(found, segment, text)
    elif said.sequence < before.head.sequence:
        text = (
            f"it has {before.head.sequence} records; it had {said.sequence} when the next segment was begun: "
            "those behind were added, nothing vouches for them"
        )
        _problem(found, before, text)
    elif (said.sequence, said.digest) != (before.head.sequence, before.head.digest):
        text = (
            f"it has {before.head.sequence} records; it had {said.sequence} when the next segment was begun"
        )
        _problem(found, before, text)
    elif segment.opening.torn_bytes != before.torn_bytes:
        _problem(found, before, "what is behind its last record isn't what was there")


def _vouch(chain: Sequence[Segment]) -> None:
    """A segment that is proven proves the one before it, as far as its writer vouches for it."""
    for before, segment in reversed(list(pairwise(chain))):
        said, opening = segment.follows, segment.opening
        if opening is None or said is None or said.segment != before.head.segment:
            continue  # that has been told already
        if segment.proven:
            before.proven = max(before.proven, min(opening.vouched, before.head.sequence))


def _check_segment(found: Verification, evidence: Evidence, segment: Segment) -> None:
    head, opening = segment.head, segment.opening
    if opening is None:
        return
    if opening.otherwise is not None:
        text = f"{opening.otherwise} wasn't as the service had left it when this segment was begun"
        _problem(found, segment, text)
    if segment.proven or head.sequence == 1:
        return  # a first record alone tells of no request, and a crash may have come before others knew of it
    witness = evidence.unknown_to(head.name, head.number, opening.at)
    if witness is not None:
        _problem(found, segment, f"nothing proves it, and {witness} doesn't know of it: it was added")


def _check_ends(found: Verification, chain: Sequence[Segment]) -> None:
    """What no signature covers: at the chain's end, and of segments that were begun behind a crash."""
    last = len(chain) - 1
    while last and not chain[last].proven:
        last -= 1
    unproven = sum(segment.head.sequence - segment.proven for segment in chain[last:])
    for segment in chain[:last]:
        count = segment.head.sequence - segment.proven
        if count and not segment.is_broken:
            text = f"the last {count} records were written after the last signature before a crash"
            _note(found, segment, f"{text}: nothing proves them")
    end = chain[-1]
    if end.torn_bytes:
        _note(found, end, f"{end.torn_bytes} bytes of half a record are at its end")
    if unproven:
        _note(found, end, f"no signature proves the last {unproven} records yet")
    if not end.state.is_closed and not end.is_broken:
        _note(found, end, "it isn't closed: its process writes it, or was killed")


def _check_missing(found: Verification, evidence: Evidence, begins: Begins) -> None:
    here = {segment.head.segment: segment for segment in found.segments}
    for head in sorted(evidence.furthest().values()):
        segment = here.get(head.segment)
        if segment is None:
            if head.number >= begins.get(head.name, 1):
                text = f"a checkpoint was signed for its record {head.sequence}, and it isn't here"
                found.problems.append(Problem(f"{head.name}-{head.number:08d}", text))
        elif segment.head.sequence < head.sequence and not segment.is_broken:
            text = f"it has {segment.head.sequence} records; it had {head.sequence} at a checkpoint"
            _problem(found, segment, text)


def _problem(found: Verification, segment: Segment, text: str) -> None:
    found.problems.append(Problem(segment.path.name, text))


def _note(found: Verification, segment: Segment, text: str) -> None:
    found.notes.append(Problem(segment.path.name, text))
