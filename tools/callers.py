"""Load on a stage from processes of their own, so that the caller is not what is measured.

``python -m tools.callers STAGE BARS TARGET`` is one such process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Final, Self

from tools.bench_resources import usage
from tools.stage_load import Load, long_bars, stage_calls
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.telemetry.logs import configure_logs

_CALLERS: Final = 2
_WIDTH: Final = 4


async def called(stage: str, bars: int, target: str) -> None:
    """A caller: load until standard input ends; a line there asks for how many calls were answered and how many not."""
    call = (await stage_calls(long_bars(bars)))[stage]
    transport = GrpcTransport.connect(target, retries=0)
    async with Load(transport, call, _WIDTH).running() as load:
        await load.more(2 * _WIDTH)
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps([load.answered, len(load.failures)]), flush=True)
    await transport.close()


class Callers:
    """Processes that call a stage about so many bars without a pause, while the ``with`` block lasts."""

    def __init__(self, stage: str, bars: int, target: str) -> None:
        self._arguments = (stage, str(bars), target)
        self._processes: list[asyncio.subprocess.Process] = []

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-m", "tools.callers", *self._arguments]
        environment = {**os.environ, "WYCKOFF_ALLOW_PLAINTEXT": "true"}
        for _ in range(_CALLERS):
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=environment)
            self._processes.append(process)
        for process in self._processes:
            await _line(process)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()

    async def answered(self) -> int:
        """Calls answered so far; raises RuntimeError when one failed."""
        total = 0
        for process in self._processes:
            if process.stdin is None:
                raise RuntimeError("a caller has no standard input")
            process.stdin.write(b"\n")
            answered, failed = json.loads(await _line(process))
            if failed:
                raise RuntimeError(f"{failed} calls failed")
            total += answered
        return total

    def cpu_s(self) -> float:
        """Processor time that they have used so far, seconds."""
        return sum(usage(process.pid).cpu_s for process in self._processes)


async def _line(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        raise RuntimeError("a caller has no standard output")
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("a caller has ended; what it says is above")
    return line


def main() -> int:
    configure_logs("callers", level="error")
    stage, bars, target = sys.argv[1:]
    asyncio.run(called(stage, int(bars), target))
    return 0


if __name__ == "__main__":
    sys.exit(main())
