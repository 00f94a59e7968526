"""`wyckoff up` as a user runs it: real processes, real ports on loopback."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import grpc
import httpx2
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from orchestrator.cli.services import ALL_SERVICES, DOORS, HOST
from tests.e2e.command import COMMAND, TIMEOUT_S, wyckoff
from tests.support.databases import database_environment
from tests.support.samples import to_csv, wave_bars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NAMES = {service.name for service in ALL_SERVICES}
DOOR_NAMES = {service.name for service in DOORS}


@dataclass(frozen=True)
class System:
    """A running `wyckoff up`."""

    process: subprocess.Popen[str]
    folder: Path
    ready_file: Path

    def services(self) -> dict[str, dict[str, Any]]:
        content: dict[str, dict[str, Any]] = json.loads(self.ready_file.read_text())
        return content

    def wait_message(self, part: str) -> str:
        return wait_line(self.process.stderr, part)


def wait_line(stream: IO[str] | None, part: str) -> str:
    assert stream is not None
    for line in stream:
        if part in line:
            return line
    raise AssertionError(f"the output ended without {part!r}")


@contextmanager
def running(folder: Path, environment: Mapping[str, str] | None = None, *options: str) -> Iterator[System]:
    """A whole system on free ports; nothing of it is left afterwards, whatever the test does.

    ``environment`` is added to that of this process, ``options`` to those of the command.
    """
    folder.mkdir(exist_ok=True)
    ready_file = folder / "ready.json"
    arguments = ["up", "--data-dir", str(folder / "data"), "--ephemeral-ports", "--ready-file", str(ready_file)]
    with subprocess.Popen(
        [COMMAND, *arguments, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, **database_environment(folder), **(environment or {})},
    ) as process:
        system = System(process, folder, ready_file)
        try:
            wait_line(process.stdout, "Ctrl-C stops all")
            yield system
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    process.kill()


def is_serving(address: str) -> bool:
    if address.startswith("http://"):
        return httpx2.get(f"{address}/api/v1/health", timeout=10, trust_env=False).is_success
    with grpc.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def exists(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def wait_ended(pids: list[int]) -> None:
    """Return once every process has ended, whoever its parent is."""
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                # readable once the process has ended
                ready, _, _ = select.select([handle], [], [], TIMEOUT_S)
                assert ready
            finally:
                os.close(handle)


def test_all_serve_a_dead_one_comes_back_and_sigterm_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as system:
        before = system.services()
        assert set(before) == NAMES
        assert len({service["pid"] for service in before.values()}) == len(NAMES)
        assert all(is_serving(service["address"]) for service in before.values())
        assert sorted(path.name for path in (tmp_path / "data" / "logs").iterdir()) == sorted(f"{n}.log" for n in NAMES)

        os.kill(before["volume"]["pid"], signal.SIGKILL)
        assert "signal SIGKILL" in system.wait_message("volume ended")
        system.wait_message("volume is back")
        after = system.services()
        assert after["volume"]["address"] == before["volume"]["address"]
        assert after["volume"]["pid"] != before["volume"]["pid"]
        assert is_serving(after["volume"]["address"])
        assert {name: after[name] for name in NAMES - {"volume"}} == {name: before[name] for name in NAMES - {"volume"}}

        system.process.send_signal(signal.SIGTERM)
        assert system.process.wait(TIMEOUT_S) == 0
        assert not [name for name, service in after.items() if exists(service["pid"])]
        assert not system.ready_file.exists()


def test_bars_go_in_analyses_come_out_and_a_killed_supervisor_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_text(to_csv(wave_bars(300)))
    (tmp_path / "BAD.csv").write_text("timestamp,open\n")
    with running(tmp_path) as system:
        services = system.services()
        orchestrator, marketdata = services["orchestrator"]["address"], services["marketdata"]["address"]

        stored = wyckoff("ingest", tmp_path / "AAPL.csv", tmp_path / "BAD.csv", "--target", marketdata)
        assert stored.returncode == 2
        assert "column high is missing" in stored.stderr
        assert stored.stdout.splitlines()[-1].split()[:5] == ["AAPL", "300", "300", "0", "0"]
        again = wyckoff("ingest", tmp_path / "AAPL.csv", "--target", marketdata)
        assert again.returncode == 0
        assert again.stdout.splitlines()[-1].split()[:5] == ["AAPL", "300", "0", "0", "300"]

        remote = wyckoff("analyze", tmp_path / "AAPL.csv", "--target", orchestrator, "--format", "json")
        local = wyckoff("analyze", tmp_path / "AAPL.csv", "--format", "json")
        assert remote.returncode == local.returncode == 0
        for part in ("ranges", "phases", "patterns", "signals", "rejections"):
            assert json.loads(remote.stdout)[part] == json.loads(local.stdout)[part]

        url = f"{services['gateway']['address']}/api/v1/analysis/AAPL/1d"
        over_http = httpx2.get(url, params={"lookback_bars": 300}, timeout=30, trust_env=False).json()
        assert over_http["complete"]
        assert over_http["ranges"] == json.loads(local.stdout)["ranges"]

        health = wyckoff("health", "--target", orchestrator)
        assert health.returncode == 0
        assert "healthy" in health.stdout
        answer = json.loads(wyckoff("health", "--target", orchestrator, "--format", "json").stdout)
        assert {component["component"] for component in answer["components"]} == NAMES - DOOR_NAMES - {"orchestrator"}

        listed = wyckoff("signals", "--target", orchestrator, "--symbol", "AAPL")
        assert listed.returncode == 0
        assert "no signals are stored for AAPL" in listed.stdout

        second = wyckoff("up", "--data-dir", tmp_path / "data", "--ephemeral-ports")
        assert second.returncode == 1
        assert "another wyckoff up uses" in second.stderr

        system.process.kill()
        wait_ended([service["pid"] for service in services.values()])


def test_a_taken_port_is_told_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # taken already is as good
        with suppress(OSError):
            other.bind((HOST, 50055))
            other.listen()
        result = wyckoff("up", "--data-dir", tmp_path / "data")
    assert result.returncode == 1
    assert "50055 (pattern)" in result.stderr
    assert "--ephemeral-ports" in result.stderr
    assert list((tmp_path / "data" / "logs").iterdir()) == []


@pytest.mark.parametrize("command", ["health", "signals"])
def test_an_orchestrator_that_is_not_there(command: str) -> None:
    result = wyckoff(command, "--target", "127.0.0.1:1")
    assert result.returncode == 1
    assert result.stderr.startswith("wyckoff: ")
    assert "Traceback" not in result.stderr
