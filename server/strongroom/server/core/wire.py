"""What a serialised protobuf message costs to parse, told before it is parsed.

Source: Protocol Buffers documentation, "Encoding". An empty message in a repeated field is two bytes on the
wire and a hundred times as many in memory.
"""

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5
_FIXED = {_I64: 8, _I32: 4}
_LONGEST_VARINT = 10


def has_at_most(body: bytes, most: int) -> bool:
    """True if a message has at most so many fields at its top level, repetitions counted, and no groups.

    Args:
        body: the serialised message. Bytes that aren't a message have no number of fields: False.
        most: the number; no more than so many fields are looked at.
    """
    position, end, count = 0, len(body), 0
    try:
        while position < end:
            count += 1
            if count > most:
                return False
            tag, position = _varint(body, position)
            position = _end_of_value(body, position, tag & 7)
    except (IndexError, KeyError, OverflowError):
        return False
    return position == end


def _end_of_value(body: bytes, position: int, wire_type: int) -> int:
    if wire_type == _LEN:
        length, position = _varint(body, position)
        return position + length
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
