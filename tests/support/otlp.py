"""A collector of traces: a real server of the OTLP contract, which keeps what it gets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grpc import aio
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

WAIT_S = 30


@dataclass(frozen=True)
class Received:
    """One span as it came over the wire."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    message: str
    attributes: dict[str, Any]

    @property
    def code(self) -> int | None:
        return self.attributes.get("rpc.grpc.status_code")


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """``endpoint`` is what exporters are given."""

    spans: list[Received] = field(default_factory=list)
    endpoint: str = ""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: Any
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        async with self._changed:
            for resource in request.resource_spans:
                service = _values(resource.resource.attributes)["service.name"]
                for scope in resource.scope_spans:
                    self.spans.extend(_received(service, span) for span in scope.spans)
            self._changed.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    def trace(self, trace_id: str) -> list[Received]:
        return [span for span in self.spans if span.trace_id == trace_id]

    async def wait(self, trace_id: str, complete: Callable[[Sequence[Received]], bool]) -> list[Received]:
        """The spans of a trace, once they are ``complete``."""
        try:
            async with asyncio.timeout(WAIT_S), self._changed:
                await self._changed.wait_for(lambda: complete(self.trace(trace_id)))
        except TimeoutError as error:
            lines = [f"{s.service} {s.kind} {s.name} {s.code} {s.message}" for s in self.trace(trace_id)]
            raise AssertionError("the trace has only:\n" + "\n".join(lines)) from error
        return self.trace(trace_id)


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a free port of loopback."""
    collector = Collector()
    server = aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    collector.endpoint = f"http://127.0.0.1:{port}"
    try:
        yield collector
    finally:
        await server.stop(0)


def is_connected(spans: Sequence[Received]) -> bool:
    """One root, and the parent of every other is there: a span that was never closed is missed by its children."""
    ids = {span.span_id for span in spans}
    roots = [span for span in spans if not span.parent_id]
    return len(roots) == 1 and all(span.parent_id in ids for span in spans if span.parent_id)


def _received(service: str, span: Any) -> Received:
    return Received(
        service=service,
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        message=span.status.message,
        attributes=_values(span.attributes),
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in attributes}
