"""Faults on purpose: each kind as a caller meets it, switched on and off under a running server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from orchestrator.health import CHECK
from tests.support.behaviours import mount_of
from tests.support.serving import serving
from wyckoff.rpc.catalogue import ANALYZE_VOLUME, GET_BARS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.errors import (
    Code,
    DeadlineExceededError,
    FailedPreconditionError,
    InternalError,
    UnavailableError,
    WyckoffError,
)
from wyckoff.rpc.faults import CRASH_EXIT_CODE, Fault, FaultSettings, fault_interceptors

if TYPE_CHECKING:
    from pathlib import Path


async def _answer(request: object, context: object) -> object:
    return GET_BARS.response()


async def _ask(settings: FaultSettings, timeout_s: float = 10.0) -> None:
    async with serving([mount_of(GET_BARS, _answer)], fault_interceptors(settings)) as server:
        transport = GrpcTransport.connect(server.address)
        try:
            # whatever is wrong with the rest, health tells the truth
            await transport.unary(CHECK, CHECK.request(), timeout_s=10)
            await transport.unary(GET_BARS, GET_BARS.request(), timeout_s=timeout_s)
        finally:
            await transport.close()


def _with(fault: Fault) -> FaultSettings:
    return FaultSettings(faults_enabled=True, faults=fault)


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
async def test_every_code_can_be_had(code: Code) -> None:
    with pytest.raises(WyckoffError) as caught:
        await _ask(_with(Fault(error=code.name)))
    assert (caught.value.code, caught.value.reason) == (code, "FAULT_INJECTED")


async def test_garbage_is_an_internal_error_that_names_the_message() -> None:
    with pytest.raises(InternalError, match="GetBarsResponse") as caught:
        await _ask(_with(Fault(garbage=True)))
    assert caught.value.reason == "MALFORMED_RESPONSE"


@pytest.mark.parametrize("fault", [Fault(hang=True), Fault(latency_ms=60_000)], ids=["hang", "latency"])
async def test_what_never_comes_ends_with_the_deadline(fault: Fault) -> None:
    with pytest.raises(DeadlineExceededError):
        await _ask(_with(fault), timeout_s=0.2)


async def test_a_little_latency_only_delays() -> None:
    await _ask(_with(Fault(latency_ms=1)))


async def test_a_file_switches_faults_of_a_running_server(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    settings = FaultSettings(faults_enabled=True, faults_file=file)
    async with serving([mount_of(GET_BARS, _answer)], fault_interceptors(settings)) as server:
        transport = GrpcTransport.connect(server.address)

        async def outcome(content: dict[str, Any] | None) -> str:
            file.unlink(missing_ok=True)
            if content is not None:
                file.write_text(json.dumps(content))
            try:
                await transport.unary(GET_BARS, GET_BARS.request(), timeout_s=10)
            except WyckoffError as error:
                return error.code.name
            return "OK"

        assert await outcome(None) == "OK"
        assert await outcome({"marketdata": {"error": "NOT_FOUND"}}) == "NOT_FOUND"
        assert await outcome({"volume": {"error": "NOT_FOUND"}}) == "OK"
        assert await outcome({"marketdata": {"eror": "NOT_FOUND"}}) == "FAILED_PRECONDITION"
        assert await outcome(None) == "OK"
        await transport.close()


async def test_without_faults_nothing_is_in_the_way() -> None:
    assert list(fault_interceptors(FaultSettings())) == []


def test_faults_that_are_not_enabled_are_refused(tmp_path: Path) -> None:
    for settings in (FaultSettings(faults=Fault(hang=True)), FaultSettings(faults_file=tmp_path / "faults.json")):
        with pytest.raises(FailedPreconditionError, match="WYCKOFF_FAULTS_ENABLED"):
            fault_interceptors(settings)


def test_a_fault_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="error"):
        Fault(error="TEAPOT")


def _volume_service(tmp_path: Path, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-m", "services.volume", "--address", "127.0.0.1:0"]
    command += ["--ready-file", str(tmp_path / "ready.json"), "--exit-with-parent"]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )


async def test_a_process_crashes_on_purpose(tmp_path: Path) -> None:
    with _volume_service(tmp_path, WYCKOFF_FAULTS_ENABLED="1", WYCKOFF_FAULTS='{"crash": true}') as process:
        assert process.stdout is not None
        while "service_started" not in (line := process.stdout.readline()):
            assert line, "the service ended"
        # written right after that line
        while not (tmp_path / "ready.json").exists():
            assert process.poll() is None
        transport = GrpcTransport.connect(json.loads((tmp_path / "ready.json").read_text())["address"])
        with pytest.raises(UnavailableError):
            await transport.unary(ANALYZE_VOLUME, ANALYZE_VOLUME.request(), timeout_s=10)
        await transport.close()
        assert process.wait(10) == CRASH_EXIT_CODE


@pytest.mark.parametrize("environment", [{"WYCKOFF_FAULTS": '{"hang": true}'}, {"WYCKOFF_FAULTS": "{"}])
def test_a_process_does_not_start_with_faults_it_may_not_or_cannot_have(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with _volume_service(tmp_path, **environment) as process:
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "WYCKOFF_FAULTS" in output
    assert "Traceback" not in output
