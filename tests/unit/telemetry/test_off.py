"""Telemetry that is off costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wyckoff.telemetry.observers import client_interceptors, current_watch, server_interceptors
from wyckoff.telemetry.setup import setup_telemetry
from wyckoff.telemetry.spans import span, stage_ended

PROGRAM = """
import sys
from wyckoff.telemetry.setup import setup_telemetry
from wyckoff.telemetry.spans import span
import wyckoff.rpc.server, wyckoff.rpc.channel, orchestrator.bootstrap
telemetry = setup_telemetry("volume")
with span("step", symbol="AAPL") as step:
    step.set("complete", True)
telemetry.shutdown()
print([name for name in sys.modules if name.startswith(("opentelemetry", "prometheus_client"))])
"""


def test_no_part_of_opentelemetry_is_imported() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], env={}, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_no_interceptors_and_one_shared_step() -> None:
    telemetry = setup_telemetry("volume", logs=False)
    assert (telemetry.traces, telemetry.metrics_port) == (False, 0)
    assert not server_interceptors()
    assert not client_interceptors()
    assert span("a", symbol="AAPL") is span("b")
    stage_ended("volume", success=True, execution_time_ms=1.0)
    telemetry.shutdown()
    assert current_watch().open_span is None


def test_errors_pass_through_a_step_that_is_off() -> None:
    step = span("a")
    with pytest.raises(KeyError), step:
        raise KeyError
