"""Logging: one line per event on standard error, as text for people or JSON for machines.

Whatever is bound with `structlog.contextvars` (the request id) is in every line. Libraries that
use the standard `logging` come out the same way.
"""

import logging
import logging.config
import sys
from typing import Any

import structlog
from structlog.typing import Processor

from menagerie.settings import Settings

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)


class Formatter(structlog.stdlib.ProcessorFormatter):
    """Render log records as `json` or `text`."""

    def __init__(self, kind: str = "text") -> None:
        render: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
        if kind == "json":
            render += [
                structlog.processors.format_exc_info,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(),
            ]
        else:
            # The plain renderer of tracebacks: the pretty one prints local variables, which may
            # hold what must not be in a log.
            render.append(
                structlog.dev.ConsoleRenderer(
                    colors=sys.stderr.isatty(),
                    exception_formatter=structlog.dev.plain_traceback,
                )
            )
        super().__init__(processors=render, foreign_pre_chain=_SHARED)


def config(settings: Settings) -> dict[str, Any]:
    """Return a configuration for `logging.config.dictConfig`, plain enough to hand to a child."""
    kind = settings.log_format
    if kind == "auto":
        kind = "text" if sys.stderr.isatty() else "json"
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"menagerie": {"()": "menagerie.logs.Formatter", "kind": kind}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "menagerie",
                "stream": "ext://sys.stderr",
            },
        },
        "root": {"handlers": ["stderr"], "level": level},
        # The server says that it starts and stops, and which child it spawned: that is ours to say.
        "loggers": {
            name: {"level": "DEBUG" if level == "DEBUG" else "WARNING"}
            for name in ("_granian", "alembic", "pyvips")
        }
        # These tell addresses, and passwords that are in them.
        | {name: {"level": "WARNING"} for name in ("httpx", "httpcore")},
    }


def configure(settings: Settings) -> None:
    """Set logging up for this process; calling it again replaces the earlier set-up."""
    logging.config.dictConfig(config(settings))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
