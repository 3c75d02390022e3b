"""Lines that grpc logs as errors of the service and that are the client's doing: it is gone.

grpc.aio learns of it from two events, the answer that couldn't be sent and the end of the call, and keeps
silent only if the second comes first.

Source: grpc 1.85, src/python/grpcio/grpc/_cython/_cygrpc/aio/server.pyx.pxi and callback_common.pyx.pxi.
"""

import logging

LOGGER = "grpc._cython.cygrpc"

# Of each: how the line begins, the exception's name, how its text begins. A defect of ours in the use of a
# call has the same line and exception, and the text "Failed grpc_call_start_batch".
_DEPARTURES = (
    ("ExecuteBatchError raised in core by", "ExecuteBatchError", 'Failed "execute_batch": '),
    ("Exception not handled by _handle_exceptions in", "CancelledError", ""),
)


def ease(record: logging.LogRecord) -> bool:
    """A filter: makes such a line one of level debug, without traceback; gives whether it is wanted then."""
    if not _is_departure(record):
        return True
    record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    record.exc_info = None
    return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


def _is_departure(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return error is not None and any(
        str(record.msg).startswith(line) and type(error).__name__ == name and str(error).startswith(text)
        for line, name, text in _DEPARTURES
    )
