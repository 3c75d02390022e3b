"""Pages of lists."""

from typing import Any

from strongroom.server.core.fields import Integer, PresentText, Request
from strongroom.server.operations.parts import Parts

MARKER = PresentText("marker", 1, 1024, "[\u0020-\u00ff]+")


def limit_of(request: Request, default: int) -> int:
    """How many entries are asked for."""
    limit: int = request.limit if request.HasField("limit") else default
    return limit


def after_of(parts: Parts, request: Request, *binding: str) -> str | None:
    """The entry behind which the page begins, or None.

    Raises:
        InvalidMarker: the marker isn't one of this list.
    """
    return parts.markers.read(request.marker, *binding) if request.HasField("marker") else None


def end_of_page(parts: Parts, last: str | None, *binding: str) -> dict[str, Any]:
    """The fields that end an answer; `last` is the page's last entry if more follow."""
    if last is None:
        return {"truncated": False}
    return {"truncated": True, "next_marker": parts.markers.make(last, *binding)}


def limit_field(most: int) -> Integer:
    """How many entries may be asked for."""
    return Integer("limit", 1, most)
