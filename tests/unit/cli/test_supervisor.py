"""What the supervisor decides without a whole system running."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from orchestrator.cli.child import Child, exit_text
from orchestrator.cli.services import ALL_SERVICES, DOORS, HOST, ORCHESTRATOR, STAGES, Service
from orchestrator.cli.supervisor import check_ports_free, locked_data_dir
from orchestrator.cli.up import default_data_dir
from wyckoff.rpc.errors import DeadlineExceededError, FailedPreconditionError, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path


def test_fixed_ports_are_those_of_the_contract() -> None:
    assert {service.name: service.port for service in ALL_SERVICES} == {
        "gateway": 8080,
        "orchestrator": 50050,
        "marketdata": 50051,
        "volume": 50052,
        "range": 50053,
        "phase": 50054,
        "pattern": 50055,
        "risk": 50056,
        "portfolio": 50057,
    }


def test_services_learn_where_their_data_and_the_others_are(tmp_path: Path) -> None:
    addresses = {"volume": "127.0.0.1:9", "risk": "127.0.0.1:10"}
    marketdata, volume = STAGES[0], STAGES[1]
    assert marketdata.environment(tmp_path, addresses) == {"MARKETDATA_DATA_DIR": str(tmp_path / "marketdata")}
    assert volume.environment(tmp_path, addresses) == {}
    assert ORCHESTRATOR.environment(tmp_path, addresses) == {
        "ORCHESTRATOR_DATA_DIR": str(tmp_path / "orchestrator"),
        "ORCHESTRATOR_VOLUME_TARGET": "127.0.0.1:9",
        "ORCHESTRATOR_RISK_TARGET": "127.0.0.1:10",
    }
    assert DOORS[0].environment(
        tmp_path, {**addresses, "orchestrator": "127.0.0.1:8", "marketdata": "127.0.0.1:7"}
    ) == {
        "GATEWAY_DATA_DIR": str(tmp_path / "gateway"),
        "GATEWAY_ORCHESTRATOR_TARGET": "127.0.0.1:8",
        "GATEWAY_MARKETDATA_TARGET": "127.0.0.1:7",
    }


def test_a_taken_port_is_named_with_its_service() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(FailedPreconditionError, match=rf"port {port} \(volume\) on 127.0.0.1 is already taken"):
            check_ports_free((Service("volume", "services.volume", port),))
    check_ports_free((Service("volume", "services.volume", port),))


def test_a_data_directory_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with (
        locked_data_dir(folder),
        pytest.raises(FailedPreconditionError, match="another wyckoff up"),
        locked_data_dir(folder),
    ):
        pass
    with locked_data_dir(folder):
        pass


def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FailedPreconditionError, match="cannot be used"), locked_data_dir(tmp_path / "file" / "data"):
        pass


def test_the_default_data_directory_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / "wyckoff"


async def test_a_service_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child("volume", "services.there_is_none", tmp_path, tmp_path)
    await child.start(f"{HOST}:0", {})
    with pytest.raises(UnavailableError, match=r"(?s)volume ended with exit code 1 while starting.*there_is_none"):
        await child.wait_serving(30)
    assert not child.is_running
    assert await child.stop(1)


async def test_a_service_that_never_gets_ready_is_told_and_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text("import sys\nprint('waiting for nothing', flush=True)\nsys.stdin.read()\n")
    child = Child("volume", "hanging", tmp_path, tmp_path)
    await child.start(f"{HOST}:0", {"PYTHONPATH": str(tmp_path)})
    with pytest.raises(DeadlineExceededError, match=r"did not become ready within 0\.5 s"):
        await child.wait_serving(0.5)
    assert child.is_running
    assert await child.stop(10)
    assert await child.wait_ended() == -signal.SIGTERM


async def test_a_service_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    script = (
        "import pathlib, signal, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(tmp_path / 'deaf')!r}).touch()\nsys.stdin.read()\n"
    )
    (tmp_path / "deaf_service.py").write_text(script)
    child = Child("volume", "deaf_service", tmp_path, tmp_path)
    await child.start(f"{HOST}:0", {"PYTHONPATH": str(tmp_path)})
    while not (tmp_path / "deaf").exists():
        with suppress(DeadlineExceededError):
            await child.wait_serving(0.1)
    assert not await child.stop(0.2)
    assert await child.wait_ended() == -signal.SIGKILL


def test_how_a_process_ended() -> None:
    assert exit_text(3) == "exit code 3"
    assert exit_text(-9) == "signal SIGKILL"
