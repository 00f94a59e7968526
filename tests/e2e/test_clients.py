"""Clients of other makes, through reflection: buf curl (Connect's Go client) and grpcurl."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.rpc import error_details_pb2

from tests.e2e.command import TIMEOUT_S
from tests.e2e.test_up import System, running
from wyckoff.schematics import schematic
from wyckoff.wire.bars import bars_to_proto

if TYPE_CHECKING:
    from collections.abc import Iterator

BUF = str(Path(sys.executable).parent / "buf")
GRPCURL = shutil.which("grpcurl")

SERVICES = {
    "marketdata": "wyckoff.marketdata.v1.MarketDataService",
    "volume": "wyckoff.volume.v1.VolumeService",
    "range": "wyckoff.range.v1.RangeService",
    "phase": "wyckoff.phase.v1.PhaseService",
    "pattern": "wyckoff.pattern.v1.PatternService",
    "risk": "wyckoff.risk.v1.RiskService",
    "portfolio": "wyckoff.portfolio.v1.PortfolioService",
    "orchestrator": "wyckoff.orchestrator.v1.OrchestratorService",
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("system")) as started:
        yield started


def _run(command: list[str], data: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=data, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def _buf_curl(address: str, method: str, request: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    command = [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--data", "@-"]
    return _run([*command, f"http://{address}/{method}"], json.dumps(request))


def _bars() -> dict[str, Any]:
    message = bars_to_proto(schematic(kind="accumulation", shakeout=True, noise=0.3, seed=5).bars)
    return {
        "symbol": message.symbol,
        "timeframe": message.timeframe,
        "openTimeMs": list(message.open_time_ms),
        **{name: list(getattr(message, name)) for name in ("open", "high", "low", "close", "volume")},
    }


@pytest.mark.parametrize("name", SERVICES)
def test_buf_curl_lists_every_service_and_its_health_is_serving(system: System, name: str) -> None:
    address = system.services()[name]["address"]
    command = [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--list-services", f"http://{address}"]
    listed = _run(command)
    assert {SERVICES[name], "grpc.health.v1.Health"} <= set(listed.stdout.split()), listed.stderr
    health = _buf_curl(address, "grpc.health.v1.Health/Check", {"service": SERVICES[name]})
    assert json.loads(health.stdout) == {"status": "SERVING"}


def test_buf_curl_walks_the_whole_pipeline_stage_by_stage(system: System) -> None:
    address = {name: service["address"] for name, service in system.services().items()}
    bars = _bars()

    def call(name: str, method: str, request: dict[str, Any]) -> dict[str, Any]:
        done = _buf_curl(address[name], f"{SERVICES[name]}/{method}", request)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    volume = call("volume", "AnalyzeVolume", {"bars": bars, "includeRecords": True})
    assert "volumeRatio" not in volume["records"][3]
    assert volume["records"][30]["volumeRatio"] > 0
    ranges = call("range", "DetectRanges", {"bars": bars, "volume": volume["volume"]})["ranges"]
    assert all(item["ice"] < item["creek"] for item in ranges)
    found = {"bars": bars, "volume": volume["volume"], "ranges": ranges}
    phases = call("phase", "DetectPhases", found)["phases"]
    patterns = call("pattern", "DetectPatterns", found | {"phases": phases}).get("patterns", [])
    verdicts = call(
        "risk",
        "AssessPatterns",
        {
            "symbol": bars["symbol"],
            "timeframe": bars["timeframe"],
            "openTimeMs": bars["openTimeMs"],
            "patterns": patterns,
            "ranges": ranges,
            "phases": phases,
            "volume": volume["volume"],
            "portfolio": {"accountId": "default", "equity": "100000", "peakEquity": "100000", "dayPnl": "0"},
        },
    )
    assert len(verdicts.get("signals", [])) + len(verdicts.get("rejections", [])) == len(patterns)
    analysis = call("orchestrator", "AnalyzeBars", {"bars": bars})["analysis"]
    assert analysis["complete"] is True
    assert [item["rangeId"] for item in analysis["ranges"]] == [item["rangeId"] for item in ranges]


@pytest.mark.parametrize(
    ("name", "method", "request_", "field"),
    [
        ("volume", "AnalyzeVolume", {}, "bars.symbol"),
        ("range", "DetectRanges", {"bars": "BARS", "volume": {"volumeRatio": [1]}}, "volume.volume_ratio"),
        ("phase", "DetectPhases", {"bars": "UNSORTED"}, "bars.open_time_ms[1]"),
        ("pattern", "DetectPatterns", {"bars": "CROSSED"}, "bars.high[0]"),
        ("orchestrator", "AnalyzeSymbol", {"symbol": "A", "timeframe": "daily"}, "timeframe"),
        ("marketdata", "IngestBars", {"bars": "NEGATIVE"}, "bars.low[1]"),
    ],
)
def test_a_malformed_request_names_the_field(
    system: System, name: str, method: str, request_: dict[str, Any], field: str
) -> None:
    bars = {"symbol": "A", "timeframe": "1d", "openTimeMs": [1, 2]}
    bars |= {column: [2.0, 2.0] for column in ("open", "high", "low", "close", "volume")}
    named = {
        "BARS": bars,
        "UNSORTED": bars | {"openTimeMs": [2, 1]},
        "CROSSED": bars | {"high": [1.0, 2.0]},
        "NEGATIVE": bars | {"low": [2.0, -2.0]},
    }
    request = {key: named.get(value, value) if isinstance(value, str) else value for key, value in request_.items()}
    done = _buf_curl(system.services()[name]["address"], f"{SERVICES[name]}/{method}", request)
    error = json.loads(done.stderr)
    assert error["code"] == "invalid_argument"
    # the value comes as base64 without its padding
    details = {detail["type"]: base64.b64decode(detail["value"] + "==") for detail in error["details"]}
    assert error_details_pb2.ErrorInfo.FromString(details["google.rpc.ErrorInfo"]).domain == "wyckoff"
    violations = error_details_pb2.BadRequest.FromString(details["google.rpc.BadRequest"]).field_violations
    assert field in {violation.field for violation in violations}
    assert all(violation.description for violation in violations)


@pytest.mark.skipif(GRPCURL is None, reason="grpcurl is not installed")
@pytest.mark.parametrize("name", SERVICES)
def test_grpcurl_lists_describes_and_asks_every_service(system: System, name: str) -> None:
    address = system.services()[name]["address"]
    plain = [str(GRPCURL), "-plaintext"]
    assert SERVICES[name] in _run([*plain, address, "list"]).stdout.split()
    for listed in _run([*plain, address, "list"]).stdout.split():
        assert "is a service" in _run([*plain, address, "describe", listed]).stdout, listed
    health = _run([*plain, "-d", json.dumps({"service": SERVICES[name]}), address, "grpc.health.v1.Health/Check"])
    assert json.loads(health.stdout) == {"status": "SERVING"}


@pytest.mark.skipif(GRPCURL is None, reason="grpcurl is not installed")
def test_grpcurl_analyses_bars_and_shows_field_violations(system: System) -> None:
    address = system.services()["orchestrator"]["address"]
    command = [str(GRPCURL), "-plaintext", "-d", "@", address, f"{SERVICES['orchestrator']}/AnalyzeBars"]
    done = _run(command, json.dumps({"bars": _bars()}))
    assert json.loads(done.stdout)["analysis"]["complete"] is True, done.stderr
    bad = _run(command, json.dumps({"bars": {"symbol": "A", "timeframe": "1d"}}))
    assert "InvalidArgument" in bad.stderr
    assert "bars.open_time_ms" in bad.stderr
