"""Traces: spans of calls and steps, sent by OTLP over gRPC."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final, Self

import grpc
from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from wyckoff.rpc.interceptor import CORRELATION_KEY
from wyckoff.telemetry.spans import CORRELATION_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Span as SdkSpan
    from opentelemetry.trace import Span, Tracer

    from wyckoff.telemetry.observers import Ended
    from wyckoff.telemetry.settings import TelemetrySettings

STATUS_CODE: Final = "rpc.grpc.status_code"

#: Codes that are a server's own fault; the others are the caller's, and no error of the server
#: (OpenTelemetry semantic conventions for gRPC). For the caller every code but OK is an error.
_SERVER_FAULTS: Final = frozenset(
    code.value[0]
    for code in (
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    )
)
_PROPAGATOR: Final = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
#: What comes from outside does not grow without bounds.
_MAX_TEXT: Final = 512
_MAX_ID: Final = 64


class Tracing:
    """A tracer, what it sends to, and how to end it."""

    def __init__(
        self, settings: TelemetrySettings, resource: Resource, processors: Sequence[SpanProcessor] = ()
    ) -> None:
        self._timeout_s = settings.export_timeout_s
        sampler = ParentBased(TraceIdRatioBased(settings.sampling_ratio))
        self._provider = TracerProvider(sampler, resource, shutdown_on_exit=False)
        self._exporter: OTLPSpanExporter | None = None
        self._provider.add_span_processor(CorrelationProcessor())
        for processor in processors:
            self._provider.add_span_processor(processor)
        if settings.traces_enabled:
            self._exporter = OTLPSpanExporter(
                settings.otlp_endpoint,
                timeout=settings.export_timeout_s,
                channel_options=(("grpc.enable_http_proxy", 0),),  # type: ignore[arg-type]
            )
            self._provider.add_span_processor(
                BatchSpanProcessor(self._exporter, schedule_delay_millis=settings.export_interval_ms)
            )
        self.tracer = self._provider.get_tracer("wyckoff")

    def open_span(
        self,
        name: str,
        attributes: Mapping[str, str | int | float | bool],
        headers: Mapping[str, str] | None = None,
    ) -> OpenStep:
        """As :class:`wyckoff.telemetry.observers.OpenSpan`."""
        return OpenStep(self.tracer, name, attributes, headers)

    def shutdown(self) -> None:
        """Send what is left, within the time for one export, and end."""
        if self._exporter is None:
            self._provider.shutdown()
            return
        # a collector that is gone must not hold the process up: after its time the exporter is told to give up
        give_up = threading.Timer(self._timeout_s, self._exporter.shutdown)
        give_up.start()
        try:
            self._provider.shutdown()
        finally:
            give_up.cancel()
            give_up.join()


class CorrelationProcessor(SpanProcessor):
    """Every span below one with a correlation id has it too, in whichever process."""

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        value = baggage.get_baggage(CORRELATION_ID, parent_context)
        if isinstance(value, str):
            span.set_attribute(CORRELATION_ID, value[:_MAX_ID])

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing is held."""


class OpenStep:
    """A span while its block runs. Only for use in one task: opened and closed in the same context."""

    def __init__(
        self,
        tracer: Tracer,
        name: str,
        attributes: Mapping[str, str | int | float | bool],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._tracer = tracer
        self._name = name
        self._attributes = attributes
        # only what comes from outside has headers
        self._kind = SpanKind.INTERNAL if headers is None else SpanKind.SERVER
        self._headers = headers or {}

    def __enter__(self) -> Self:
        parent = _PROPAGATOR.extract(self._headers, context.get_current())
        if CORRELATION_ID in self._attributes:
            parent = baggage.set_baggage(CORRELATION_ID, self._attributes[CORRELATION_ID], parent)
        self._span = self._tracer.start_span(self._name, parent, self._kind, dict(self._attributes))
        self._token = context.attach(trace.set_span_in_context(self._span, parent))
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        context.detach(self._token)
        if isinstance(error, asyncio.CancelledError):
            self.fail("cancelled")
        elif error is not None:
            self.fail(f"{type(error).__name__}: {error}")
        self._span.end()

    def set(self, name: str, value: str | int | float | bool) -> None:
        """Add an attribute."""
        self._span.set_attribute(name, value)

    def fail(self, text: str) -> None:
        """Mark the step as failed."""
        self._span.set_status(StatusCode.ERROR, text[:_MAX_TEXT])


class TracingObserver:
    """A span for each call on either side, joined by W3C ``traceparent`` and ``baggage``."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def client_call(self, service: str, method: str, headers: dict[str, str]) -> Ended:
        span = self._start(SpanKind.CLIENT, service, method, context.get_current())
        _PROPAGATOR.inject(headers, trace.set_span_in_context(span))

        def ended(code: int, details: str) -> None:
            _end(span, code, details, failed=code != 0)

        return ended

    def server_call(self, service: str, method: str, headers: Mapping[str, str]) -> Ended:
        parent = _PROPAGATOR.extract(headers, context.get_current())
        correlation_id = headers.get(CORRELATION_KEY)
        if correlation_id and baggage.get_baggage(CORRELATION_ID, parent) is None:
            parent = baggage.set_baggage(CORRELATION_ID, correlation_id[:_MAX_ID], parent)
        span = self._start(SpanKind.SERVER, service, method, parent)
        # never detached: the task of the call ends with it, and a stream may end in another context
        context.attach(trace.set_span_in_context(span, parent))

        def ended(code: int, details: str) -> None:
            _end(span, code, details, failed=code in _SERVER_FAULTS)

        return ended

    def _start(self, kind: SpanKind, service: str, method: str, parent: Context) -> Span:
        attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
        return self._tracer.start_span(f"{service}/{method}", parent, kind, attributes)


def _end(span: Span, code: int, details: str, *, failed: bool) -> None:
    span.set_attribute(STATUS_CODE, code)
    if failed:
        span.set_status(StatusCode.ERROR, details[:_MAX_TEXT] or f"status code {code}")
    span.end()
