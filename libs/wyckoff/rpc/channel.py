"""Channels to other services, and the gRPC sibling of the transport seam."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError
from grpc import aio

from wyckoff.rpc import catalogue
from wyckoff.rpc.balancing import read_balancing_settings
from wyckoff.rpc.errors import InternalError, UnavailableError
from wyckoff.rpc.status import error_from_call
from wyckoff.rpc.tls.channel import RenewedChannel, open_renewed
from wyckoff.rpc.tls.credentials import secured
from wyckoff.rpc.tls.trouble import HANDSHAKE_FAILED, tls_trouble
from wyckoff.telemetry.observers import client_interceptors

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from wyckoff.rpc.errors import WyckoffError
    from wyckoff.rpc.methods import Method, Request, Response
    from wyckoff.rpc.tls.channel import Options
    from wyckoff.rpc.tls.settings import TlsSettings
    from wyckoff.rpc.transport import Metadata

#: Room for 100,000 bars with all that is found in them.
MAX_MESSAGE_BYTES: Final = 128 * 1024 * 1024

#: RPCs that change nothing, so that asking twice does no harm.
REPEATABLE: Final = (
    catalogue.ANALYZE_VOLUME,
    catalogue.DETECT_RANGES,
    catalogue.DETECT_PHASES,
    catalogue.DETECT_PATTERNS,
    catalogue.ASSESS_PATTERNS,
    catalogue.GET_BARS,
    catalogue.GET_PORTFOLIO,
    catalogue.LIST_INSTRUMENTS,
    catalogue.LIST_CAMPAIGNS,
    catalogue.ANALYZE_BARS,
    catalogue.LIST_SIGNALS,
    catalogue.GET_SIGNAL,
    catalogue.LIST_REJECTIONS,
)

#: Retries of a channel that does not say; gRPC allows 4 at the most.
DEFAULT_RETRIES: Final = 2
MAX_RETRIES: Final = 4


def service_config(retries: int) -> str:
    """How a channel balances and retries. No ``timeout`` here: deadlines go with each call.

    Backends share the load and drained ones lose it. ``retries`` is 0 to 4; gRPC draws each wait at random around the
    backoff, and all attempts share the call's deadline.
    """
    policy = {
        "maxAttempts": retries + 1,
        "initialBackoff": "0.05s",
        "maxBackoff": "0.5s",
        "backoffMultiplier": 3,
        # a server that ends answers CANCELLED to what reaches it too late; what the caller cancels is not retried
        # one that is full says when to come back, and for another limit that it is of no use
        "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED", "RESOURCE_EXHAUSTED"],
    }
    names = [{"service": method.service, "method": method.name} for method in REPEATABLE]
    config: dict[str, object] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
    }
    if retries:
        config["methodConfig"] = [{"name": names, "retryPolicy": policy}]
        # a failure costs a token, a success gives a tenth back; below half no retries add to a bad day
        config["retryThrottling"] = {"maxTokens": 20, "tokenRatio": 0.1}
    return json.dumps(config)


CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.enable_http_proxy", 0),
    # a request beyond this is not kept and so never sent again
    ("grpc.per_rpc_retry_buffer_size", MAX_MESSAGE_BYTES),
    # a service that comes back is found again well within a breaker's cool-down
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


def open_channel(target: str, *, retries: int = DEFAULT_RETRIES, tls: TlsSettings | None = None) -> aio.Channel:
    """A channel to ``HOST:PORT`` or any gRPC target name; a bare name is looked up by DNS, all its addresses used.

    Without ``tls`` the environment says whether it is encrypted. Raises FailedPreconditionError for plain text to
    another machine, unless that is permitted, and for certificate files that cannot be used.
    """
    name = target if "://" in target or target.startswith("unix:") else f"dns:///{target}"
    balancing = read_balancing_settings().channel_options
    options: Options = (*CHANNEL_OPTIONS, *balancing, ("grpc.service_config", service_config(retries)))
    secure = secured(target, tls)
    if secure is None:
        return aio.insecure_channel(name, options=options, interceptors=client_interceptors())
    return open_renewed(target, name, options, secure)


def call_error(channel: aio.Channel, error: aio.AioRpcError) -> WyckoffError:
    """The error that the other side raised, or why there is no connection to it, where that can be told."""
    told = error_from_call(error)
    trouble = tls_trouble(channel, told.message) if isinstance(told, UnavailableError) else ""
    if not trouble:
        return told
    # in plain text it is but a guess: a server that just ends does the same
    reason = HANDSHAKE_FAILED if isinstance(channel, RenewedChannel) else told.reason
    return UnavailableError(trouble, reason=reason, metadata=told.metadata)


class GrpcTransport:
    """Calls over one channel."""

    def __init__(self, channel: aio.Channel) -> None:
        self._channel = channel
        self._calls: dict[str, aio.UnaryUnaryMultiCallable] = {}  # type: ignore[type-arg]

    @classmethod
    def connect(cls, target: str, *, retries: int = DEFAULT_RETRIES, tls: TlsSettings | None = None) -> GrpcTransport:
        """A transport to ``target``; the connection is made on the first call."""
        return cls(open_channel(target, retries=retries, tls=tls))

    async def unary(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float, metadata: Metadata = ()
    ) -> Response:
        call = self._calls.get(method.path)
        if call is None:
            call = self._channel.unary_unary(
                method.path,
                request_serializer=method.request.SerializeToString,
            )
            self._calls[method.path] = call
        try:
            raw: bytes = await call(request, timeout=timeout_s, metadata=metadata)
        except aio.AioRpcError as error:
            raise call_error(self._channel, error) from error
        return _decoded(method, raw)

    async def server_stream(
        self, method: Method[Request, Response], request: Request, *, timeout_s: float | None, metadata: Metadata = ()
    ) -> AsyncGenerator[Response]:
        start: aio.UnaryStreamMultiCallable[Request, bytes] = self._channel.unary_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
        )
        call = start(request, timeout=timeout_s, metadata=metadata)
        try:
            async for raw in call:
                yield _decoded(method, raw)
        except aio.AioRpcError as error:
            raise call_error(self._channel, error) from error
        finally:
            call.cancel()

    async def close(self) -> None:
        await self._channel.close()


def _decoded(method: Method[Request, Response], raw: bytes) -> Response:
    # not left to grpc, which logs bytes that are no such message and then gives None
    try:
        return method.response.FromString(raw)
    except DecodeError as error:
        raise InternalError(
            f"{method.path} answered {len(raw)} bytes that are no {method.response.DESCRIPTOR.name}",
            reason="MALFORMED_RESPONSE",
        ) from error
