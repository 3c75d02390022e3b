"""The audit records of commands."""

import sys

import structlog

from strongroom.server.audit import RecordWriter
from strongroom.server.config import Settings
from strongroom.server.recording import record_writer
from strongroom.server.store import ChainStore


def command_records(settings: Settings, name: str, chains: ChainStore | None = None) -> RecordWriter:
    """What writes a command's records (`record_writer`); from then on it logs to standard error.

    Its answer is on standard output.
    """
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    return record_writer(settings, name, chains)
