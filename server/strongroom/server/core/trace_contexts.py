"""W3C trace contexts: which trace a request belongs to.

Source: W3C Trace Context, "traceparent Header".
"""

import re
from typing import NamedTuple

_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<span>(?!0{16})[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<rest>-[!-~]*)?",
    re.ASCII,
)
_SAMPLED = 1


class TraceContext(NamedTuple):
    """A caller's span.

    Args:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        is_sampled: True if the caller records it.
    """

    trace_id: str
    span_id: str
    is_sampled: bool


def read_traceparent(text: str) -> TraceContext | None:
    """The context that a traceparent header tells; None if it isn't one, for that is no reason to refuse."""
    found = _TRACEPARENT.fullmatch(text)
    if found is None or (found["version"] == "00" and found["rest"]):
        return None
    return TraceContext(found["trace"], found["span"], bool(int(found["flags"], 16) & _SAMPLED))
