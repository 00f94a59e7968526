"""One service as an operating-system process: started, asked how it is, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

from orchestrator.cli.probes import until_grpc_serves, until_http_serves
from wyckoff.rpc.errors import DeadlineExceededError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.cli.probes import Probe
    from wyckoff.rpc.tls.settings import TlsSettings

_POLL_S: Final = 0.05
_LOG_LINES_SHOWN: Final = 12
_LOG_TAIL_BYTES: Final = 8192
#: A log larger than this is set aside (one generation) when its service starts.
_LOG_MAX_BYTES: Final = 10 * 1024 * 1024


class Child:
    """A service process. It ends when this process ends, however that comes: its standard input is a lifeline.

    Asked for its health with ``tls``, without it as the environment says.
    """

    def __init__(
        self,
        name: str,
        module: str,
        run_dir: Path,
        log_dir: Path,
        *,
        http: bool = False,
        tls: TlsSettings | None = None,
    ) -> None:
        self.name = name
        self._http = http
        self._tls = tls
        self.address = ""
        self.log_path = log_dir / f"{name}.log"
        self._module = module
        self._ready_path = run_dir / f"{name}.json"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def shown_address(self) -> str:
        """The address as people use it."""
        return f"http://{self.address}" if self._http else self.address

    @property
    def pid(self) -> int:
        return 0 if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, address: str, settings: Mapping[str, str]) -> None:
        """Start the process on ``address``; port 0 takes a free one."""
        self._ready_path.unlink(missing_ok=True)
        self._set_old_log_aside()
        # -P: a folder named "services" where the command is called from must not be taken for ours
        command = [sys.executable, "-P", "-m", self._module, "--address", address]
        command += ["--ready-file", str(self._ready_path), "--exit-with-parent"]
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **settings},
                # Ctrl-C goes to the supervisor alone, which stops its children in order
                start_new_session=True,
            )

    async def wait_serving(self, timeout_s: float) -> None:
        """Return once it serves. Raises UnavailableError when it ends, DeadlineExceededError when it is late."""
        try:
            async with asyncio.timeout(timeout_s):
                self.address = await self._read_address()
                probe: Probe = until_http_serves if self._http else until_grpc_serves
                await probe(self.name, self.address, self._check_running, self._tls)
        except TimeoutError as error:
            raise DeadlineExceededError(
                f"{self.name} did not become ready within {timeout_s:g} s{self._log_tail()}"
            ) from error

    async def wait_ended(self) -> int:
        """Exit code, once it has ended; below 0 is a signal."""
        if self._process is None:
            return 0
        return await self._process.wait()

    async def stop(self, grace_s: float) -> bool:
        """Ask it to end, wait ``grace_s``, then force it. Returns whether it ended by itself."""
        if self._process is None or self._process.returncode is not None:
            return True
        self._process.terminate()
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
            return False
        return True

    def kill(self) -> None:
        """End it and whatever it started, now."""
        if self._process is None or self._process.returncode is not None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            # it ended between the question and the signal
            return

    async def _read_address(self) -> str:
        while True:
            self._check_running()
            try:
                address = json.loads(self._ready_path.read_text(encoding="utf-8"))["address"]
            except FileNotFoundError:
                await asyncio.sleep(_POLL_S)
            else:
                return str(address)

    def _check_running(self) -> None:
        if not self.is_running:
            code = None if self._process is None else self._process.returncode
            raise UnavailableError(f"{self.name} ended with {exit_text(code)} while starting{self._log_tail()}")

    def _log_tail(self) -> str:
        with self.log_path.open("rb") as log:
            log.seek(max(0, self.log_path.stat().st_size - _LOG_TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()[-_LOG_LINES_SHOWN:]
        shown = "".join(f"\n    {line}" for line in lines) or "\n    (nothing)"
        return f"; the end of {self.log_path}:{shown}"

    def _set_old_log_aside(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_MAX_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))


def exit_text(code: int | None) -> str:
    """``exit code 1`` or ``signal SIGKILL``."""
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"
