"""The log: structured events on stderr or in a file. Ids and counts, never personal values.

Each event is one line: what a server or a mail says cannot begin another one.
"""

import json
import logging
import sys
from pathlib import Path
from typing import TextIO

import structlog

from mailbridge.controls import show_controls, show_in_json, show_on_one_line


def logger() -> structlog.stdlib.BoundLogger:
    """Give the logger of mailbridge; configured by `configure`, silent before."""
    log: structlog.stdlib.BoundLogger = structlog.get_logger("mailbridge")
    return log


def configure(level: str = "info", style: str = "auto", file: Path | None = None) -> None:
    """Say where events go and how they look.

    `style` is `text`, `json`, or `auto`: text with colours on a terminal, plain
    text elsewhere. Times are UTC, ISO 8601.
    """
    stream: TextIO = sys.stderr if file is None else file.open("a", encoding="utf-8")
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=_write_json)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=style == "auto" and stream.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _tame,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def _write_json(event: object, **_: object) -> str:
    return show_in_json(json.dumps(event, ensure_ascii=False, default=str))


def _tame(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Show control characters; only a traceback has several lines."""
    return {
        name: (show_controls if name == "exception" else show_on_one_line)(value)
        if isinstance(value, str)
        else value
        for name, value in event.items()
    }
