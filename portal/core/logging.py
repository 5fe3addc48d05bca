"""Logs: one line an event, with fields; readable on a terminal, JSON in production."""

import logging
import sys

import structlog

from portal.core.log_masking import mask_secrets, show_unseen

ROUTINE = "routine-"
"""How the id of a job begins that is done every few seconds: the worker says nothing of it unless it goes wrong."""


def configure_logging() -> None:
    """Send structlog and the standard library's loggers to stdout in one form."""
    readable = sys.stdout.isatty() or not _in_production()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    processors: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        mask_secrets,
        *([show_unseen] if readable else []),  # JSON escapes them itself
        renderer,
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=processors, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "celery.worker.strategy", "celery.app.trace", "kombu", "rq.worker"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("rq.worker").addFilter(_worth_telling)  # RQ sets the level of its logger anew when it starts
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a refused page is not a fault; a 500 is


def _worth_telling(record: logging.LogRecord) -> bool:
    values = record.args if isinstance(record.args, tuple) else ()
    return record.levelno > logging.INFO or not any(ROUTINE in str(value) for value in values)


def _in_production() -> bool:
    from django.conf import settings

    return settings.SETTINGS_MODULE == "portal.settings.production"
