"""Start the volume service: ``python -m services.volume --address HOST:PORT``."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from services.volume.config import VolumeSettings
from services.volume.servicer import SERVICE_NAME, VolumeServicer
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import BARS_BYTES, Mount
from wyckoff.volume.v1.volume_pb2_grpc import add_VolumeServiceServicer_to_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


@asynccontextmanager
async def open_mounts() -> AsyncIterator[Sequence[Mount]]:
    """The volume servicer with a thread to compute in."""
    with ThreadOffload() as offload:
        servicer = VolumeServicer(VolumeSettings(), offload)
        register = partial(add_VolumeServiceServicer_to_server, servicer)
        yield [Mount(SERVICE_NAME, register, max_request_bytes=BARS_BYTES)]


if __name__ == "__main__":
    sys.exit(run_service("volume", open_mounts, "127.0.0.1:50052"))
