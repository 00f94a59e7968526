"""Traces, metrics and logs of a process, set up by one call."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from wyckoff.telemetry.logs import configure_logs, log_library
from wyckoff.telemetry.observers import Watch, set_watch
from wyckoff.telemetry.settings import TelemetrySettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.trace import SpanProcessor

    from wyckoff.telemetry.observers import CallObserver


class Telemetry:
    """What was set up. ``metrics_port`` is 0 without metrics."""

    def __init__(self, *, traces: bool, metrics_port: int, closers: Sequence[Callable[[], None]]) -> None:
        self.traces = traces
        self.metrics_port = metrics_port
        self._closers = list(closers)

    def shutdown(self) -> None:
        """Watch no more, send what is left, close the endpoint. Blocks; may be called again."""
        while self._closers:
            self._closers.pop()()

    close = shutdown


def setup_telemetry(
    service: str,
    settings: TelemetrySettings | None = None,
    *,
    logs: bool = True,
    span_processors: Sequence[SpanProcessor] = (),
) -> Telemetry:
    """Set up what the settings (else the environment) ask for; call before servers and channels are made.

    ``logs`` False leaves the logs as they are, for programs that have their own. ``span_processors`` get every
    span as well, with or without an endpoint. Raises UnavailableError when the metrics port is taken.
    """
    chosen = settings or TelemetrySettings()
    traces = chosen.traces_enabled or bool(span_processors)
    if logs:
        configure_logs(service, level=chosen.log_level, with_trace=traces)
    if not traces and not chosen.metrics_enabled:
        return Telemetry(traces=False, metrics_port=0, closers=())
    return _open(service, chosen, traces=traces, logs=logs, span_processors=span_processors)


def _open(
    service: str, settings: TelemetrySettings, *, traces: bool, logs: bool, span_processors: Sequence[SpanProcessor]
) -> Telemetry:
    # the SDK takes a third of a second to import; only who uses it waits for it
    from opentelemetry.sdk.resources import Resource

    from wyckoff.telemetry.client_calls import watched_client
    from wyckoff.telemetry.server_calls import WatchedServer

    resource = Resource.create(
        {
            "service.name": service,
            "service.namespace": "wyckoff",
            "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
        }
    )
    closers: list[Callable[[], None]] = []
    observers: list[CallObserver] = []
    open_span = stages = http = live = None
    metrics_port = 0
    if logs:
        closers.append(log_library("opentelemetry"))
    if settings.metrics_enabled:
        from wyckoff.telemetry.metrics import Metrics, MetricsObserver

        metrics = Metrics(resource, settings.metrics_host, settings.metrics_port or 0)
        closers.append(metrics.shutdown)
        observers.append(MetricsObserver(metrics))
        stages = http = live = metrics
        metrics_port = metrics.port
    if traces:
        from wyckoff.telemetry.tracing import Tracing, TracingObserver

        tracing = Tracing(settings, resource, span_processors)
        closers.append(tracing.shutdown)
        # the outermost: what the others log has the trace
        observers.insert(0, TracingObserver(tracing.tracer))
        open_span = tracing.open_span
    closers.append(
        set_watch(Watch(open_span, stages, [WatchedServer(observers)], watched_client(observers), http, live))
    )
    return Telemetry(traces=traces, metrics_port=metrics_port, closers=closers)
