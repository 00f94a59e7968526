"""Log lines: trace and correlation, other libraries, failed detectors."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import structlog

from tests.support.spans import span_id, watching
from wyckoff.model.evidence import FailedDetector
from wyckoff.model.isolation import run_isolated
from wyckoff.telemetry.logs import log_failed_detectors, log_library, trace_processor
from wyckoff.telemetry.spans import span
from wyckoff.wire.evidence import failed_to_proto

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = """
import logging, structlog
from opentelemetry.sdk.trace import SpanProcessor
from wyckoff.telemetry.setup import setup_telemetry
from wyckoff.telemetry.spans import analysis_span
telemetry = setup_telemetry("volume", span_processors=[SpanProcessor()])
log = structlog.get_logger("test")
with analysis_span("AAPL", "1d", "c-1"):
    log.info("inside")
log.debug("too quiet")
logging.getLogger("opentelemetry.sdk").warning("queue is %s", "full")
telemetry.shutdown()
log.info("outside")
"""


def test_lines_are_json_with_service_trace_and_correlation() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], env={}, capture_output=True, text=True, check=True)
    inside, library, outside = [json.loads(line) for line in result.stderr.splitlines()]
    assert {line["service"] for line in (inside, library, outside)} == {"volume"}
    assert inside["correlation_id"] == "c-1"
    assert len(inside["trace_id"]) == 32
    assert len(inside["span_id"]) == 16
    assert "trace_id" not in outside
    assert (library["event"], library["message"]) == ("library_message", "queue is full")


def test_trace_fields_are_those_of_the_current_span() -> None:
    add_trace = trace_processor()
    with watching() as book, span("step"):
        fields: Mapping[str, Any] | Any = add_trace(None, "info", {})
        outer = book.started[0]
    assert int(fields["span_id"], 16) == span_id(outer)
    assert add_trace(None, "info", {}) == {}


def test_a_library_is_heard_until_stopped() -> None:
    logger = logging.getLogger("some.library")
    stop = log_library("some.library")
    assert (len(logger.handlers), logger.propagate) == (1, False)
    stop()
    assert (len(logger.handlers), logger.propagate) == (0, True)


def _fails() -> None:
    raise ZeroDivisionError("nothing to divide by")


def test_a_failed_detector_is_logged_with_its_stack() -> None:
    _, failure = run_isolated("range.zones", _fails)
    assert failure is not None
    with structlog.testing.capture_logs() as lines:
        log_failed_detectors("AAPL", (failure,))
    (line,) = lines
    assert (line["event"], line["detector"], line["symbol"]) == ("detector_failure", "range.zones", "AAPL")
    assert line["error"] == "ZeroDivisionError: nothing to divide by"
    assert "in _fails" in line["stack_trace"]


def test_the_stack_is_neither_compared_nor_sent() -> None:
    _, failure = run_isolated("range.zones", _fails)
    assert failure == FailedDetector("range.zones", "ZeroDivisionError: nothing to divide by")
    assert failure is not None
    (sent,) = failed_to_proto([failure])
    assert b"_fails" not in sent.SerializeToString()
