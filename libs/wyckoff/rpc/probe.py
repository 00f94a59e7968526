"""Ask a process whether it serves: ``python -m wyckoff.rpc.probe HOST:PORT``, for health checks of containers.

The exit code is 0 when it does and 1 when it does not. ``--http`` asks the gateway instead of a gRPC server.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import sys
from typing import Final

from grpc_health.v1 import health_pb2

from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import WyckoffError
from wyckoff.rpc.methods import Method

CHECK: Final = Method("grpc.health.v1.Health", "Check", health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse)
_LIVENESS_PATH: Final = "/api/v1/health"


async def grpc_answer(target: str, timeout_s: float) -> str:
    """What a gRPC server says; empty when it serves."""
    transport = GrpcTransport.connect(target, retries=0)
    try:
        answer = await transport.unary(CHECK, health_pb2.HealthCheckRequest(), timeout_s=timeout_s)
    except WyckoffError as error:
        return f"{error.code.name}: {error.message}"
    finally:
        await transport.close()
    serves = answer.status == health_pb2.HealthCheckResponse.SERVING
    return "" if serves else health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


def http_answer(target: str, timeout_s: float) -> str:
    """What a gateway says; empty when it serves."""
    connection = http.client.HTTPConnection(target, timeout=timeout_s)
    try:
        connection.request("GET", _LIVENESS_PATH)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return "" if status == http.client.OK else f"HTTP {status}"


def main() -> int:
    """Ask once; what is wrong goes to standard error."""
    parser = argparse.ArgumentParser(prog="wyckoff.rpc.probe", description="Asks a process whether it serves.")
    parser.add_argument("target", metavar="HOST:PORT")
    parser.add_argument("--http", action="store_true", help="ask the gateway over HTTP")
    parser.add_argument("--timeout", type=float, default=3.0, metavar="SECONDS", help="how long to wait")
    options = parser.parse_args()
    if options.http:
        wrong = http_answer(options.target, options.timeout)
    else:
        wrong = asyncio.run(grpc_answer(options.target, options.timeout))
    if wrong:
        print(f"{options.target} does not serve: {wrong}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
