"""Structured logs: one JSON object a line on standard error."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from wyckoff.model.evidence import FailedDetector

_log = structlog.get_logger("wyckoff.detectors")


def configure_logs(service: str, *, level: str = "info", with_trace: bool = False) -> None:
    """Log from ``level`` up, every line with time (UTC), level, service and the fields bound to the call.

    ``with_trace`` adds ``trace_id`` and ``span_id`` where there is a span.
    """

    def add_service(_logger: object, _method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
        fields.setdefault("service", service)
        return fields

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_service,
            *([trace_processor()] if with_trace else []),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def trace_processor() -> structlog.typing.Processor:
    """Adds ``trace_id`` and ``span_id`` of the current span, in lower-case hexadecimal as W3C writes them."""
    from opentelemetry import trace

    def add_trace(_logger: object, _method: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
        current = trace.get_current_span().get_span_context()
        if current.is_valid:
            fields["trace_id"] = trace.format_trace_id(current.trace_id)
            fields["span_id"] = trace.format_span_id(current.span_id)
        return fields

    return add_trace


def log_library(name: str) -> Callable[[], None]:
    """Put warnings and errors of a library that uses the standard logger among ours; call the result to stop."""
    logger, handler = logging.getLogger(name), _ToStructlog(logging.WARNING)
    propagated = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False

    def stop() -> None:
        logger.removeHandler(handler)
        logger.propagate = propagated

    return stop


class _ToStructlog(logging.Handler):
    """One line here for each line there."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        log.log(record.levelno, "library_message", logger=record.name, message=record.getMessage())


def log_failed_detectors(symbol: str, failed: tuple[FailedDetector, ...]) -> None:
    """One line a detector that failed and was isolated."""
    for failure in failed:
        _log.error(
            "detector_failure",
            detector=failure.detector,
            symbol=symbol,
            error=failure.error,
            stack_trace=failure.stack_trace,
        )
