"""Start the gateway: ``python -m services.gateway --address HOST:PORT``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from services.gateway.app import create_app
from services.gateway.config import GatewaySettings
from services.gateway.parts import open_parts
from services.gateway.serving import HttpServer, host_of
from wyckoff.access.loopback import is_loopback_host
from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.process import Running, run_process
from wyckoff.telemetry.logs import log_library

if TYPE_CHECKING:
    from services.gateway.access import Access


async def serve(running: Running, settings: GatewaySettings | None = None) -> None:
    """The gateway, until the process is told to end."""
    chosen = settings or GatewaySettings()
    async with open_parts(chosen) as parts:
        check_exposure(running.address, parts.access)
        async with HttpServer(create_app(parts), chosen) as server:
            await server.start(running.address)
            await running.serving(server.address)


def check_exposure(address: str, access: Access) -> None:
    """Raise FailedPreconditionError when other machines could call without a key."""
    if not access.keys_needed and not is_loopback_host(host_of(address)):
        raise FailedPreconditionError(
            f"{address} can be reached from other machines, and there are no API keys; make one with wyckoff keys add, "
            "or listen on 127.0.0.1",
            reason="KEYS_NEEDED",
        )


def _main() -> int:
    stop_logging = log_library("uvicorn")
    try:
        return run_process("gateway", serve, "127.0.0.1:8080")
    finally:
        stop_logging()


if __name__ == "__main__":
    sys.exit(_main())
