"""How a segment begins: what its first record says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from strongroom.server.audit.chain import ChainBroken, Head, head_of
from strongroom.server.audit.names import OPENED


class Opening(NamedTuple):
    """What the first record of a segment says.

    Args:
        at: when it was written; None if it says no time.
        follows: how far the segment before it went; None of a chain's first.
        torn_bytes: of half a line at that one's end.
        vouched: up to which record of that one its writer vouches for.
        otherwise: name of a file that its writer found otherwise than the service had left it.
    """

    at: datetime | None
    follows: Head | None
    torn_bytes: int
    vouched: int
    otherwise: str | None


def opening_of(record: Mapping[str, Any], head: Head) -> Opening:
    """Reads the first record of the segment with this name and number.

    Raises:
        ChainBroken: it isn't that.
    """
    details = record.get("serviceEventDetails")
    if record.get("eventName") != OPENED or not isinstance(details, dict):
        raise ChainBroken("a segment begins otherwise")
    said = (details.get("name"), details.get("number"))
    if said != (head.name, head.number):
        raise ChainBroken(f"it is the beginning of segment {said[1]} of {said[0]}: the file was renamed")
    follows = details.get("follows")
    return Opening(
        moment_of(record.get("eventTime")),
        None if follows is None else head_of(follows),
        _number(details.get("tornBytes", 0)),
        _number(details.get("vouched", 0)),
        _otherwise(details.get("otherwise")),
    )


def moment_of(text: object) -> datetime | None:
    """A time in ISO 8601 with its zone; None if it isn't that."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return None if found.tzinfo is None else found


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ChainBroken("what it says of another segment can't be read")
    return value


def _otherwise(said: object) -> str | None:
    return None if said is None else str(said)
