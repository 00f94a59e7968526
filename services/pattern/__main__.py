"""Start the pattern service: ``python -m services.pattern --address HOST:PORT``."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from services.pattern.config import PatternSettings
from services.pattern.servicer import SERVICE_NAME, PatternServicer
from wyckoff.pattern.v1.pattern_pb2_grpc import add_PatternServiceServicer_to_server
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.rpc.runner import run_service
from wyckoff.rpc.server import Mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


@asynccontextmanager
async def open_mounts() -> AsyncIterator[Sequence[Mount]]:
    """The pattern servicer with a thread to compute in."""
    with ThreadOffload() as offload:
        servicer = PatternServicer(PatternSettings(), offload)
        yield [Mount(SERVICE_NAME, partial(add_PatternServiceServicer_to_server, servicer))]


if __name__ == "__main__":
    sys.exit(run_service("pattern", open_mounts, "127.0.0.1:50055"))
