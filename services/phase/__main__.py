"""Start the phase service: ``python -m services.phase --address HOST:PORT``."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from services.phase.config import PhaseSettings
from services.phase.servicer import SERVICE_NAME, PhaseServicer
from wyckoff.phase.v1.phase_pb2_grpc import add_PhaseServiceServicer_to_server
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


@asynccontextmanager
async def open_mounts() -> AsyncIterator[Sequence[Mount]]:
    """The phase servicer with a thread to compute in."""
    with ThreadOffload() as offload:
        servicer = PhaseServicer(PhaseSettings(), offload)
        yield [Mount(SERVICE_NAME, partial(add_PhaseServiceServicer_to_server, servicer))]


if __name__ == "__main__":
    sys.exit(run_service("phase", open_mounts, "127.0.0.1:50054"))
