"""Metrics: calls, stages, breakers, caches and queues, for Prometheus to fetch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import grpc
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from prometheus_client import CollectorRegistry, start_http_server

from wyckoff.rpc.errors import UnavailableError
from wyckoff.telemetry.readings import BREAKERS, CACHES, CERTIFICATES, QUEUES, READINESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.resources import Resource

    from wyckoff.telemetry.observers import Ended, HttpEnded

#: Upper bounds of the duration buckets, seconds: a null call takes one millisecond, an analysis at most five seconds.
BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

#: Upper bounds for live mode, seconds: from an analysis at once to one that waited for a service to come back.
LAG_BUCKETS_S: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)

_CODE_NAMES: Final = {code.value[0]: code.name for code in grpc.StatusCode}


class Metrics:
    """Instruments, and the endpoint that shows them on ``host:port``."""

    def __init__(self, resource: Resource, host: str, port: int) -> None:
        registry = CollectorRegistry()
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as error:
            raise UnavailableError(
                f"cannot listen for metrics on {host}:{port}: {error.strerror}; 0 takes a free port"
            ) from error
        self.port: int = self._server.server_port
        reader = PrometheusMetricReader(scope_info_enabled=False, registry=registry)
        self._provider = MeterProvider([reader], resource, AlwaysOffExemplarFilter(), shutdown_on_exit=False)
        meter = self._provider.get_meter("wyckoff")
        self.client = _CallInstruments(meter, "client")
        self.server = _CallInstruments(meter, "server")
        self._http = _HttpInstruments(meter)
        self._stages = meter.create_histogram(
            "wyckoff.stage.duration",
            "s",
            "Time of a stage of the pipeline",
            explicit_bucket_boundaries_advisory=BUCKETS_S,
        )
        self._lag = meter.create_histogram(
            "wyckoff.live.lag",
            "s",
            "Time from bars that were stored to the record of what was found in them",
            explicit_bucket_boundaries_advisory=LAG_BUCKETS_S,
        )
        _observe_readings(meter)
        _observe_certificates(meter)

    def stage_ended(self, stage: str, *, success: bool, seconds: float) -> None:
        """As :class:`wyckoff.telemetry.observers.StageObserver`."""
        self._stages.record(seconds, {"stage": stage, "success": "true" if success else "false"})

    def live_lag(self, seconds: float) -> None:
        """As :class:`wyckoff.telemetry.observers.LiveObserver`."""
        self._lag.record(seconds)

    def http_request(self, method: str) -> HttpEnded:
        """As :class:`wyckoff.telemetry.observers.HttpObserver`."""
        return self._http.begin(method, time.perf_counter)

    def shutdown(self) -> None:
        """Close the endpoint."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._provider.shutdown()


class MetricsObserver:
    """Counts and times calls on either side."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.perf_counter) -> None:
        self._metrics = metrics
        self._clock = clock

    def client_call(self, service: str, method: str, headers: dict[str, str]) -> Ended:
        return self._metrics.client.begin(service, method, self._clock)

    def server_call(self, service: str, method: str, headers: Mapping[str, str]) -> Ended:
        return self._metrics.server.begin(service, method, self._clock)


class _CallInstruments:
    """Rate, errors, duration and calls in flight, by service and method."""

    def __init__(self, meter: Meter, side: str) -> None:
        self._requests = meter.create_counter(f"rpc.{side}.requests", "{request}", f"Calls ended, {side} side, by code")
        self._duration = meter.create_histogram(
            f"rpc.{side}.duration",
            "s",
            f"Time from the first to the last of a call, {side} side",
            explicit_bucket_boundaries_advisory=BUCKETS_S,
        )
        self._in_flight = meter.create_up_down_counter(
            f"rpc.{side}.in_flight", "{request}", f"Calls begun and not ended, {side} side"
        )

    def begin(self, service: str, method: str, clock: Callable[[], float]) -> Ended:
        labels = {"rpc_service": service, "rpc_method": method}
        started_s = clock()
        self._in_flight.add(1, labels)

        def ended(code: int, details: str) -> None:
            self._in_flight.add(-1, labels)
            self._duration.record(clock() - started_s, labels)
            self._requests.add(1, {**labels, "code": _CODE_NAMES.get(code, "UNKNOWN")})

        return ended


class _HttpInstruments:
    """Rate, errors, duration and requests in flight, by method and route."""

    def __init__(self, meter: Meter) -> None:
        self._requests = meter.create_counter("http.server.requests", "{request}", "Requests ended, by status")
        self._duration = meter.create_histogram(
            "http.server.duration",
            "s",
            "Time from the first to the last of a request",
            explicit_bucket_boundaries_advisory=BUCKETS_S,
        )
        self._in_flight = meter.create_up_down_counter(
            "http.server.in_flight", "{request}", "Requests begun and not ended"
        )

    def begin(self, method: str, clock: Callable[[], float]) -> HttpEnded:
        started_s = clock()
        self._in_flight.add(1, {"method": method})

        def ended(route: str, status: int) -> None:
            labels = {"method": method, "route": route}
            self._in_flight.add(-1, {"method": method})
            self._duration.record(clock() - started_s, labels)
            self._requests.add(1, {**labels, "status": str(status)})

        return ended


def _observe_readings(meter: Meter) -> None:
    def breakers(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(int(state), {"target": name}) for name, state in BREAKERS.read().items()]

    def hits(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(cache.hits, {"cache": name}) for name, cache in CACHES.read().items()]

    def misses(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(cache.misses, {"cache": name}) for name, cache in CACHES.read().items()]

    def entries(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(cache.entries, {"cache": name}) for name, cache in CACHES.read().items()]

    def depth(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(queue.depth, {"subscriber": name}) for name, queue in QUEUES.read().items()]

    def dropped(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(queue.dropped, {"subscriber": name}) for name, queue in QUEUES.read().items()]

    def ready(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(int(is_ready), {"service": name}) for name, is_ready in READINESS.read().items()]

    meter.create_observable_gauge(
        "wyckoff.service.ready", [ready], description="Whether a service that looks after its database can answer"
    )
    meter.create_observable_gauge(
        "wyckoff.breaker.state", [breakers], description="Circuit breaker: 0 closed, 1 half open, 2 open"
    )
    meter.create_observable_counter("wyckoff.cache.hits", [hits], description="Results found in the cache")
    meter.create_observable_counter("wyckoff.cache.misses", [misses], description="Results not found in the cache")
    meter.create_observable_gauge("wyckoff.cache.entries", [entries], description="Results in the cache")
    meter.create_observable_gauge(
        "wyckoff.events.queue.depth", [depth], description="Events that wait for a subscriber"
    )
    meter.create_observable_counter(
        "wyckoff.events.dropped", [dropped], description="Events dropped because a subscriber was too slow"
    )


def _observe_certificates(meter: Meter) -> None:
    def ends(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(own.not_after_s, {"file": name}) for name, own in CERTIFICATES.read().items()]

    def failed(_options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(own.failed_reloads, {"file": name}) for name, own in CERTIFICATES.read().items()]

    meter.create_observable_gauge(
        "wyckoff.tls.certificate.not_after", [ends], "s", "When the own certificate ends, since the epoch"
    )
    meter.create_observable_counter(
        "wyckoff.tls.reload.failures", [failed], description="Changes of certificate files that could not be used"
    )
