"""The gateway as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx2

from tests.e2e.command import TIMEOUT_S

if TYPE_CHECKING:
    from pathlib import Path


def _start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-m", "services.gateway", "--exit-with-parent", *arguments]
    environment = {**os.environ, "GATEWAY_DATA_DIR": str(folder), "GATEWAY_ORCHESTRATOR_TARGET": "127.0.0.1:1"}
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        event = json.loads(line)
        if event["event"] == "service_started":
            return str(event["address"])
    raise AssertionError("it ended without serving")


def test_it_says_where_it_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with _start(tmp_path, "--address", "127.0.0.1:0", "--ready-file", str(ready)) as process:
        address = _address(process)
        assert httpx2.get(f"http://{address}/api/v1/health", timeout=TIMEOUT_S, trust_env=False).is_success
        assert json.loads(ready.read_text()) == {"address": address, "pid": process.pid}

        secret = "wyk_secret"
        asked = {"key": secret}
        answer = httpx2.get(
            f"http://{address}/api/v1/signals", params=asked, headers={"X-API-Key": secret}, trust_env=False
        )
        assert answer.status_code == 400

        taken = _start(tmp_path, "--address", address)
        _, log = taken.communicate(timeout=TIMEOUT_S)
        assert taken.returncode == 1
        assert f"cannot listen on {address}" in log

        process.terminate()
        assert process.wait(TIMEOUT_S) == 0
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr]
        assert secret not in str(lines)
        served = [(line["path"], line["status"]) for line in lines if line["event"] == "http_request"]
        assert served == [("/api/v1/health", 200), ("/api/v1/signals", 400)]


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    with _start(tmp_path, "--address", "127.0.0.1:0") as process:
        _address(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(TIMEOUT_S) == 0


def test_it_does_not_open_itself_to_others_without_a_key(tmp_path: Path) -> None:
    with _start(tmp_path, "--address", "0.0.0.0:0") as process:
        assert process.wait(TIMEOUT_S) == 1
        assert process.stderr is not None
        assert "wyckoff keys add" in process.stderr.read()
