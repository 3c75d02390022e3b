"""The log: JSON lines on standard error, from structlog and the standard library alike."""

import logging
import sys

import orjson
import structlog

from strongroom.server.process import departures


def configure_logs(process: str, level: str) -> None:
    """Sets logging up for this process.

    Args:
        process: its name, in every line.
        level: the least severe lines that are written: debug, info, warning or error.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Named(process),
    ]
    renderer = structlog.processors.JSONRenderer(serializer=_to_json)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=threshold, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger(departures.LOGGER).addFilter(departures.ease)


class _Named:
    """Adds the process's name to every line."""

    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(
        self,
        logger: object,  # noqa: ARG002 # structlog's signature
        method: str,  # noqa: ARG002
        event: structlog.typing.EventDict,
    ) -> structlog.typing.EventDict:
        event["process"] = self._process
        return event


def _to_json(event: object, **_options: object) -> str:
    return orjson.dumps(event, default=str).decode()
