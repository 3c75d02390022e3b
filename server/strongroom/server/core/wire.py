"""What a serialised protobuf message costs to parse, told before it is parsed.

Source: Protocol Buffers documentation, "Encoding". An empty message in a repeated field is two bytes on the
wire and a hundred times as many in memory; an entry of a map takes a microsecond.
"""

from typing import Any

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5
_FIXED = {_I64: 8, _I32: 4}
_LONGEST_VARINT = 10
_NO_MESSAGE = (IndexError, KeyError, OverflowError)


def has_at_most(body: bytes, most: int, descriptor: Any) -> bool:  # noqa: ANN401 # of either backend
    """True if a message has at most so many fields, in all messages in it together, and no groups.

    Args:
        body: the serialised message. Bytes that aren't a message have no number of fields: False.
        most: the number; no more than so many fields are looked at.
        descriptor: of the message's type: it tells which values are messages. Entries of maps are.
    """
    pending = [(0, len(body), descriptor)]
    try:
        while pending:
            position, end, type_ = pending.pop()
            known = type_.fields_by_number
            while position < end:
                most -= 1
                if most < 0:
                    return False
                field, start, after = _value(body, position)
                inner = known[field].message_type if field in known else None
                if inner is not None and start < after:
                    pending.append((start, after, inner))
                position = after
            if position != end:
                return False
    except _NO_MESSAGE:
        return False
    return True


def items_in(body: bytes, field: int, most: int) -> list[slice] | None:
    """Where the values of a repeated field are in a message, whatever is in them.

    Args:
        body: the serialised message.
        field: the field's number; its values are messages.
        most: of all fields; None if there are more, or this isn't a message.
    """
    position, end, found = 0, len(body), []
    try:
        for _ in range(most):
            if position >= end:
                break
            number, start, position = _value(body, position)
            if number == field:
                found.append(slice(start, position))
    except _NO_MESSAGE:
        return None
    return found if position == end else None


def _value(body: bytes, position: int) -> tuple[int, int, int]:
    """The number of the field at a position, and where its value begins and ends."""
    tag, start = _varint(body, position)
    wire_type = tag & 7
    if wire_type == _LEN:
        length, start = _varint(body, start)
        return tag >> 3, start, start + length
    return tag >> 3, start, _end_of_value(body, start, wire_type)


def _end_of_value(body: bytes, position: int, wire_type: int) -> int:
    if wire_type == _VARINT:
        return _varint(body, position)[1]
    return position + _FIXED[wire_type]


def _varint(body: bytes, position: int) -> tuple[int, int]:
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = body[position + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004 # the bit that says: more follows
            return value, position + place + 1
    raise OverflowError
