"""Start the range service: ``python -m services.range --address HOST:PORT``."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from services.range.config import RangeSettings
from services.range.servicer import SERVICE_NAME, RangeServicer
from wyckoff.range.v1.range_pb2_grpc import add_RangeServiceServicer_to_server
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import BARS_BYTES, Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


@asynccontextmanager
async def open_mounts() -> AsyncIterator[Sequence[Mount]]:
    """The range servicer with a thread to compute in."""
    with ThreadOffload() as offload:
        servicer = RangeServicer(RangeSettings(), offload)
        register = partial(add_RangeServiceServicer_to_server, servicer)
        yield [Mount(SERVICE_NAME, register, max_request_bytes=BARS_BYTES)]


if __name__ == "__main__":
    sys.exit(run_service("range", open_mounts, "127.0.0.1:50053"))
