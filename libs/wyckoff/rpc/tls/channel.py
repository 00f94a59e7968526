"""A channel that follows its certificate files: grpc itself reads a channel's credentials once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Self

from grpc import aio

from wyckoff.rpc.tls.credentials import channel_credentials, shared_files
from wyckoff.telemetry.observers import client_interceptors

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    import grpc

    from wyckoff.rpc.tls.certificate import Credentials
    from wyckoff.rpc.tls.files import CertificateFiles
    from wyckoff.rpc.tls.settings import TlsSettings

    OpenChannel = Callable[[Credentials], aio.Channel]
    Options = tuple[tuple[str, str | int], ...]


class _Generation:
    """A channel with the credentials that it was made of. Retired, it is closed after its last call."""

    def __init__(self, credentials: Credentials, channel: aio.Channel) -> None:
        self.credentials: Final = credentials
        self.channel: Final = channel
        self._in_flight = 0
        self._retired = False
        self.closing: asyncio.Task[None] | None = None

    def begin(self, call: Any) -> Any:  # noqa: ANN401 - the calls of grpc have no common type
        self._in_flight += 1
        call.add_done_callback(self._ended)
        return call

    def retire(self) -> None:
        self._retired = True
        self._close_if_idle()

    def _ended(self, _call: object) -> None:
        self._in_flight -= 1
        self._close_if_idle()

    def _close_if_idle(self) -> None:
        if self._retired and not self._in_flight and self.closing is None:
            self.closing = asyncio.get_running_loop().create_task(self.channel.close())


class RenewedChannel(aio.Channel):
    """Calls begin on the newest credentials; those under way end on the connection on which they began."""

    def __init__(self, target: str, files: CertificateFiles, open_channel: OpenChannel) -> None:
        self.target: Final = target
        self.files: Final = files
        self._open = open_channel
        credentials = files.current()
        self._newest = _Generation(credentials, open_channel(credentials))
        self._retired: list[_Generation] = []

    def generation(self) -> _Generation:
        """The newest one, made when the files have changed."""
        credentials = self.files.current()
        if credentials is not self._newest.credentials:
            self._retired = [old for old in self._retired if old.closing is None or not old.closing.done()]
            self._retired.append(self._newest)
            self._newest.retire()
            self._newest = _Generation(credentials, self._open(credentials))
        return self._newest

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return _MultiCallable(self, lambda channel: channel.unary_unary(*args, **kwargs))

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return _MultiCallable(self, lambda channel: channel.unary_stream(*args, **kwargs))

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return _MultiCallable(self, lambda channel: channel.stream_unary(*args, **kwargs))

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return _MultiCallable(self, lambda channel: channel.stream_stream(*args, **kwargs))

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.generation().channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.generation().channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.generation().channel.channel_ready()

    async def close(self, grace: float | None = None) -> None:
        generations = [*self._retired, self._newest]
        self._retired = []
        await asyncio.gather(*(generation.channel.close(grace) for generation in generations))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.close()


class _MultiCallable:
    """Calls of one RPC, each on the newest channel."""

    def __init__(self, channel: RenewedChannel, make: Callable[[aio.Channel], Any]) -> None:
        self._channel = channel
        self._make = make
        self._made_for: _Generation | None = None
        self._call: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        generation = self._channel.generation()
        if generation is not self._made_for:
            self._made_for = generation
            self._call = self._make(generation.channel)
        return generation.begin(self._call(*args, **kwargs))


def open_renewed(target: str, name: str, options: Options, settings: TlsSettings) -> RenewedChannel:
    """A channel to ``target``, which grpc knows by ``name``; raises FailedPreconditionError for files of no use."""
    server_name = settings.tls_server_names.get(target)
    override = () if server_name is None else (("grpc.ssl_target_name_override", server_name),)
    interceptors = client_interceptors()

    def open_with(credentials: Credentials) -> aio.Channel:
        secret = channel_credentials(credentials)
        return aio.secure_channel(name, secret, options=(*options, *override), interceptors=interceptors)

    return RenewedChannel(target, shared_files(settings), open_with)
