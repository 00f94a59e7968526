"""Settings of telemetry: own variables, standard ones, limits; read by a process with that environment."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from wyckoff.telemetry.settings import TelemetrySettings


def _read(environment: dict[str, str], expression: str) -> str:
    code = f"from wyckoff.telemetry.settings import TelemetrySettings as T; s = T(); print({expression})"
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return result.stdout.strip()


def test_off_by_default() -> None:
    settings = TelemetrySettings()
    assert not settings.traces_enabled
    assert not settings.metrics_enabled
    assert settings.log_level == "info"


def test_own_variables_come_before_the_standard_ones() -> None:
    own = {"WYCKOFF_TELEMETRY_OTLP_ENDPOINT": "http://own:1", "WYCKOFF_TELEMETRY_SAMPLING_RATIO": "0.25"}
    standard = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://all:2",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://traces:3",
        "OTEL_TRACES_SAMPLER_ARG": "0.5",
        "OTEL_EXPORTER_PROMETHEUS_PORT": "9464",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    shown = "s.otlp_endpoint, s.sampling_ratio, s.metrics_port, s.export_interval_ms, s.metrics_host"
    assert _read(standard, shown) == "http://traces:3 0.5 9464 200 127.0.0.1"
    assert _read({**standard, **own}, shown) == "http://own:1 0.25 9464 200 127.0.0.1"


def test_the_standard_switch_turns_all_off() -> None:
    environment = {
        "OTEL_SDK_DISABLED": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://all:2",
        "WYCKOFF_TELEMETRY_METRICS_PORT": "0",
    }
    assert _read(environment, "s.traces_enabled or s.metrics_enabled") == "False"


def test_an_empty_variable_is_none() -> None:
    assert _read({"WYCKOFF_TELEMETRY_METRICS_PORT": ""}, "s.metrics_port") == "None"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"otlp_endpoint": "collector:4317"}, "http://HOST:PORT"),
        ({"sampling_ratio": 1.5}, "less than or equal to 1"),
        ({"metrics_port": 70000}, "less than or equal to 65535"),
        ({"log_level": "loud"}, "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_wrong_values_are_told(values: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TelemetrySettings.model_validate(values)
