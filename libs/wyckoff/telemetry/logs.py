"""Structured logs: one JSON object a line on standard error."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from wyckoff.model.evidence import FailedDetector

_log = structlog.get_logger("wyckoff.detectors")


def configure_logs(service: str, *, level: str = "info") -> None:
    """Log from ``level`` up, every line with time (UTC), level, service and the fields bound to the call."""

    def add_service(_logger: object, _method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
        fields.setdefault("service", service)
        return fields

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_service,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def log_failed_detectors(symbol: str, failed: tuple[FailedDetector, ...]) -> None:
    """One line a detector that failed and was isolated."""
    for failure in failed:
        _log.error("detector_failure", detector=failure.detector, symbol=symbol, error=failure.error)
