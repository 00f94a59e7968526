"""Keeps a whole system of service processes running on this machine."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.cli.child import Child, exit_text
from orchestrator.cli.services import HOST, ORCHESTRATOR, STAGES, Service, doors
from wyckoff.rpc.edges import CLIENT
from wyckoff.rpc.errors import FailedPreconditionError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.cli.development_tls import DevelopmentTls

_FIRST_BACKOFF_S: Final = 0.2
_MAX_BACKOFF_S: Final = 30.0
#: A service that ran so long starts with the first backoff again.
_STEADY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class SupervisorSettings:
    """Where files go and how long things may take."""

    data_dir: Path
    ephemeral_ports: bool = False
    ready_file: Path | None = None
    start_timeout_s: float = 60.0
    grace_s: float = 10.0
    tls: DevelopmentTls | None = None
    """With it every service has a certificate of its own."""


class Supervisor:
    """Starts every service, restarts what dies, stops all. ``say`` gets one line for people at a time."""

    def __init__(self, settings: SupervisorSettings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._doors = doors(os.environ)
        self._services = (*STAGES, ORCHESTRATOR, *self._doors)
        run_dir, log_dir = settings.data_dir / "run", settings.data_dir / "logs"
        run_dir.mkdir(parents=True, exist_ok=True)
        log_dir.mkdir(exist_ok=True)
        tls = settings.tls.settings(CLIENT) if settings.tls is not None else None
        self.children = {
            service.name: Child(service.name, service.module, run_dir, log_dir, http=service.http, tls=tls)
            for service in self._services
        }
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return once every service says SERVING; raises WyckoffError, with all stopped, when one does not."""
        if not self._settings.ephemeral_ports:
            check_ports_free(self._services)
        if self._settings.ready_file is not None:
            # what an earlier run left behind must not look like this one
            self._settings.ready_file.parent.mkdir(parents=True, exist_ok=True)
            self._settings.ready_file.unlink(missing_ok=True)
        try:
            async with asyncio.TaskGroup() as group:
                for service in STAGES:
                    group.create_task(self._start_first(service))
            await self._start_first(ORCHESTRATOR)
            for service in self._doors:
                await self._start_first(service)
        except BaseExceptionGroup as errors:
            await self.stop()
            raise _first_error(errors) from errors
        except BaseException:
            await self.stop()
            raise
        self._write_ready_file()
        self._watchers = [asyncio.create_task(self._keep_running(service)) for service in self._services]
        if self._settings.tls is not None:
            self._watchers.append(asyncio.create_task(self._settings.tls.keep_fresh(self._say)))

    async def stop(self) -> None:
        """Drain the doors, then the orchestrator, then the stages; what does not end within the grace is forced to."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        await asyncio.gather(*(self._stop_child(self.children[service.name]) for service in self._doors))
        await self._stop_child(self.children[ORCHESTRATOR.name])
        await asyncio.gather(*(self._stop_child(self.children[service.name]) for service in STAGES))
        if self._settings.ready_file is not None:
            self._settings.ready_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End every process now."""
        for child in self.children.values():
            child.kill()

    async def _start_first(self, service: Service) -> None:
        port = 0 if self._settings.ephemeral_ports else service.port
        await self._start(service, f"{HOST}:{port}")

    async def _start(self, service: Service, address: str) -> None:
        child = self.children[service.name]
        addresses = {name: other.address for name, other in self.children.items()}
        variables = service.environment(self._settings.data_dir, addresses)
        if self._settings.tls is not None:
            variables |= self._settings.tls.environment(service.name)
        await child.start(address, variables)
        await child.wait_serving(self._settings.start_timeout_s)

    async def _stop_child(self, child: Child) -> None:
        if not await child.stop(self._settings.grace_s):
            self._say(f"{child.name} did not end within {self._settings.grace_s:g} s and was killed")

    async def _keep_running(self, service: Service) -> None:
        child = self.children[service.name]
        backoff_s = _FIRST_BACKOFF_S
        while True:
            started_s = time.monotonic()
            code = await child.wait_ended()
            if time.monotonic() - started_s > _STEADY_S:
                backoff_s = _FIRST_BACKOFF_S
            self._say(f"{child.name} ended with {exit_text(code)}, restarting on {child.address} in {backoff_s:g} s")
            await asyncio.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, _MAX_BACKOFF_S)
            try:
                await self._start(service, child.address)
            except (WyckoffError, OSError) as error:
                self._say(f"{child.name} could not be restarted: {error}")
                await child.stop(self._settings.grace_s)
                continue
            self._write_ready_file()
            self._say(f"{child.name} is back on {child.address}, pid {child.pid}")

    def _write_ready_file(self) -> None:
        path = self._settings.ready_file
        if path is None:
            return
        content = {name: {"address": child.shown_address, "pid": child.pid} for name, child in self.children.items()}
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(json.dumps(content) + "\n", encoding="utf-8")
        part.replace(path)


def _first_error(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first_error(first) if isinstance(first, BaseExceptionGroup) else first


def check_ports_free(services: tuple[Service, ...]) -> None:
    """Raise FailedPreconditionError naming every service whose fixed port is taken."""
    taken = [f"{service.port} ({service.name})" for service in services if not _is_free(service.port)]
    if taken:
        raise FailedPreconditionError(
            f"port {', '.join(taken)} on {HOST} is already taken; stop what uses it, or take free ports with "
            "--ephemeral-ports"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as servers do: a port in TIME_WAIT is free, one that is listened on is not
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@contextmanager
def locked_data_dir(data_dir: Path) -> Iterator[None]:
    """The data directory, for this process alone; raises FailedPreconditionError when another has it."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("w")
    except OSError as error:
        raise FailedPreconditionError(f"{data_dir} cannot be used as data directory: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FailedPreconditionError(
                f"another wyckoff up uses {data_dir}; stop it, or give another --data-dir"
            ) from error
        yield
