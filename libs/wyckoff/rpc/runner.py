"""A gRPC service as an operating-system process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wyckoff.rpc.balancing import read_balancing_settings
from wyckoff.rpc.faults import fault_interceptors, read_fault_settings
from wyckoff.rpc.process import Running, run_process
from wyckoff.rpc.server import Mount, Server

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager


class OpenMounts(Protocol):
    """Opens what a service needs and gives its mounts; closed after the last call has ended."""

    def __call__(self) -> AbstractAsyncContextManager[Sequence[Mount]]: ...


def run_service(name: str, open_mounts: OpenMounts, default_address: str) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""

    async def serve(running: Running) -> None:
        faults = fault_interceptors(read_fault_settings())
        balancing = read_balancing_settings()
        async with open_mounts() as mounts:
            server = Server(
                mounts,
                drain_s=balancing.drain_s,
                grace_s=balancing.shutdown_grace_s,
                options=balancing.server_options,
                interceptors=faults,
            )
            await server.start(running.address)
            await running.serving(server.address)
            await server.stop()

    return run_process(name, serve, default_address)
