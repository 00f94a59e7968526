"""Steps as spans: parents, errors, correlation, sampling, shutdown."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.spans import SpanBook, parent_id, span_id, watching
from wyckoff.telemetry.observers import client_interceptors, current_watch, server_interceptors
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry
from wyckoff.telemetry.spans import analysis_span, span


def test_a_step_within_a_step_is_its_child() -> None:
    with watching() as book:
        with span("outer", symbol="AAPL") as outer:
            outer.set("complete", True)
            with span("inner"):
                pass
        with span("next"):
            pass
    assert parent_id(book.named("inner")) == span_id(book.named("outer"))
    assert parent_id(book.named("next")) is None
    assert dict(book.named("outer").attributes or {}) == {"symbol": "AAPL", "complete": True}


def test_an_analysis_gives_its_correlation_id_to_all_below_and_none_after() -> None:
    with watching() as book:
        with analysis_span("AAPL", "1d", "c-1"), span("stage.volume"), span("call"):
            pass
        with span("next"):
            pass
    analysis = book.named("orchestrator.analyze_symbol")
    assert dict(analysis.attributes or {}) == {"symbol": "AAPL", "timeframe": "1d", "correlation_id": "c-1"}
    assert (book.named("call").attributes or {})["correlation_id"] == "c-1"
    assert "correlation_id" not in (book.named("next").attributes or {})


@pytest.mark.parametrize(
    ("error", "told"), [(ValueError("x" * 1000), "ValueError: " + "x" * 500), (asyncio.CancelledError(), "cancelled")]
)
def test_a_step_that_raises_has_failed_and_ended(error: BaseException, told: str) -> None:
    with watching() as book, pytest.raises(type(error)), span("step"):
        raise error
    status = book.named("step").status
    assert status.status_code.name == "ERROR"
    assert status.description == told
    assert book.open_count == 0


def test_a_step_may_fail_without_an_exception() -> None:
    with watching() as book, span("step") as step:
        step.fail("UNAVAILABLE: gone")
    assert book.named("step").status.description == "UNAVAILABLE: gone"


def test_what_is_not_sampled_is_not_recorded() -> None:
    with watching(TelemetrySettings(sampling_ratio=0.0)) as book, span("outer"), span("inner"):
        pass
    assert book.started == []


def test_after_the_end_nothing_watches() -> None:
    telemetry = setup_telemetry("test", TelemetrySettings(), logs=False, span_processors=[SpanBook()])
    assert len(server_interceptors()) == 1
    # a channel knows one interceptor for each kind of call
    assert len(client_interceptors()) == 4
    telemetry.shutdown()
    telemetry.shutdown()
    assert current_watch().open_span is None
    assert not server_interceptors()
    assert not client_interceptors()


def test_a_collector_that_is_gone_does_not_hold_the_end_up() -> None:
    settings = TelemetrySettings(otlp_endpoint="http://127.0.0.1:1", export_timeout_s=0.2)
    telemetry = setup_telemetry("test", settings, logs=False)
    with span("step"):
        pass
    telemetry.shutdown()
    assert current_watch().open_span is None
