"""How every service of this project serves.

A server has its own service, health (``grpc.health.v1``), reflection (v1 and v1alpha) and channelz, says
SERVING only once it can answer, and on SIGTERM says NOT_SERVING, answers on until its clients have gone elsewhere,
finishes what is in flight and ends.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

import grpc
from grpc import aio
from grpc_channelz.v1 import channelz
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from wyckoff.rpc.admission import LIMIT_OPTIONS, AdmissionInterceptor, read_admission_settings
from wyckoff.rpc.channel import MAX_MESSAGE_BYTES
from wyckoff.rpc.interceptor import ErrorInterceptor
from wyckoff.rpc.tls.serving import ServerSecurity
from wyckoff.telemetry.observers import server_interceptors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wyckoff.rpc.admission import AdmissionSettings
    from wyckoff.rpc.balancing import Options
    from wyckoff.rpc.readiness import Readiness
    from wyckoff.rpc.tls.settings import TlsSettings

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_REFLECTION_V1: Final = "grpc.reflection.v1.ServerReflection"
_CHANNELZ: Final = "grpc.channelz.v1.Channelz"

#: Health name for whoever restarts processes: SERVING until the server stops, whatever becomes of its database, which
#: the names of the services and the overall health follow.
LIVENESS: Final = "liveness"

#: Room for the bars of one request, of which there may be 100,000, or for as many symbols.
BARS_BYTES: Final = 16 * 1024 * 1024

SERVER_OPTIONS: Final = (
    # a second server on a taken port must fail, not share it in silence
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # a connection that says nothing, or never ends its handshake, is not kept
    ("grpc.server_handshake_timeout_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class Mount:
    """A servicer to serve: its full name, and how it is added to a server.

    ``drain`` ends streams that would otherwise last as long as their readers; called when the server stops.
    With ``readiness`` the health of the service follows it; without, a service that serves is ready. Requests of more
    than ``max_request_bytes`` are refused with RESOURCE_EXHAUSTED before they are read.
    """

    service_name: str
    register: Callable[[Any], None]
    drain: Callable[[], None] | None = None
    readiness: Readiness | None = None
    max_request_bytes: int = MAX_MESSAGE_BYTES


class Server:
    """A running server; also an async context manager that stops it.

    Once it is to end it takes calls for ``drain_s`` more, then lets those in flight end within ``grace_s``.
    How many calls it takes at once is in ``admission``, or in the environment. ``interceptors`` come inside of what
    gives calls their places and turns errors into statuses. Without ``tls`` the environment says
    whether connections are encrypted and who may call.
    """

    def __init__(
        self,
        mounts: Sequence[Mount],
        *,
        drain_s: float = 0.0,
        grace_s: float = 5.0,
        options: Options = (),
        interceptors: Sequence[aio.ServerInterceptor] = (),
        admission: AdmissionSettings | None = None,
        tls: TlsSettings | None = None,
    ) -> None:
        self._mounts = tuple(mounts)
        self._drain_s = drain_s
        self._grace_s = grace_s
        self._security = ServerSecurity(tls, [mount.service_name for mount in mounts])
        places = AdmissionInterceptor(admission or read_admission_settings())
        chain = [*server_interceptors(), ErrorInterceptor(), *self._security.interceptors(), places, *interceptors]
        largest = (
            "grpc.max_receive_message_length",
            max((mount.max_request_bytes for mount in mounts), default=MAX_MESSAGE_BYTES),
        )
        limits = (*SERVER_OPTIONS, largest, *LIMIT_OPTIONS, *options)
        self._server = aio.server(interceptors=chain, options=limits)
        self._health = health.aio.HealthServicer()
        self._unready: set[str] = set()
        self._watching: list[asyncio.Task[None]] = []
        self.port = 0
        self.health_port = 0
        self.host = ""

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    async def start(self, address: str) -> Self:
        """Bind ``HOST:PORT`` (port 0 takes a free one) and serve.

        Raises UnavailableError when it is taken, FailedPreconditionError when others could reach it in plain text.
        """
        for mount in self._mounts:
            mount.register(self._server)
            await self._health.set(mount.service_name, _NOT_SERVING)
        await self._health.set(health.OVERALL_HEALTH, _NOT_SERVING)
        self._add_standard_services()
        self.host, _, _ = address.rpartition(":")
        self.port = self._security.add_port(self._server, address)
        self.health_port = await self._security.open_health(self._health)
        await self._server.start()
        await self._set_all(_SERVING)
        await self._health.set(LIVENESS, _SERVING)
        self._watching = [
            asyncio.create_task(mount.readiness.follow(mount.service_name, partial(self._set_ready, mount)))
            for mount in self._mounts
            if mount.readiness is not None
        ]
        self._watching.append(asyncio.create_task(self._security.watch()))
        return self

    async def stop(self) -> None:
        """Say NOT_SERVING, take calls until clients know, finish those in flight within the grace, end."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._health.enter_graceful_shutdown()
        await asyncio.sleep(self._drain_s)
        for mount in self._mounts:
            if mount.drain is not None:
                mount.drain()
        await self._server.stop(self._grace_s)
        await self._security.close_health()

    async def _set_ready(self, mount: Mount, ready: bool) -> None:
        (self._unready.discard if ready else self._unready.add)(mount.service_name)
        await self._health.set(mount.service_name, _SERVING if ready else _NOT_SERVING)
        await self._health.set(health.OVERALL_HEALTH, _NOT_SERVING if self._unready else _SERVING)

    async def _set_all(self, status: int) -> None:
        for mount in self._mounts:
            await self._health.set(mount.service_name, status)
        await self._health.set(health.OVERALL_HEALTH, status)

    def _add_standard_services(self) -> None:
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        channelz.add_channelz_servicer(self._server)
        names = [mount.service_name for mount in self._mounts]
        names += [health.SERVICE_NAME, reflection.SERVICE_NAME, _CHANNELZ]
        reflection.enable_server_reflection(names, self._server)
        _add_reflection_v1(names, self._server)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()


def _add_reflection_v1(names: Sequence[str], server: aio.Server) -> None:
    """Serve v1 beside v1alpha: the same messages under the name that current tools ask for first."""
    servicer = reflection.aio.ReflectionServicer(names)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    methods = {"ServerReflectionInfo": handler}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_REFLECTION_V1, methods),))
