"""Logging: lines for people, or one JSON object per line for programs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

# Celery tells twice of every look at a job that waits, the libraries for SSH of every step of a
# login and the whole of every command; what is worth telling we tell ourselves.
_QUIET = (
    "kombu",
    "amqp",
    "celery.utils",
    "celery.app.trace",
    "celery.worker.strategy",
    "asyncio",
    "uvicorn.access",
    "asyncssh",
    "netmiko",
    "paramiko",
)


class JsonLines(logging.Formatter):
    """``{"time", "level", "logger", "message"}`` and, after a failure, ``"exception"``."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(level: str, form: str) -> None:
    """Send this process's log to standard error; *form* is ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else text)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns of each retry
