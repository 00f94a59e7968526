"""Settings of traces, metrics and logs, from the environment."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "WYCKOFF_TELEMETRY_"


def _named(field: str, *standard: str) -> AliasChoices:
    """This project's variable, else the standard ones of OpenTelemetry."""
    return AliasChoices(f"{PREFIX}{field.upper()}", *standard)


class TelemetrySettings(BaseSettings):
    """Read from variables with the prefix ``WYCKOFF_TELEMETRY_``, else from those of OpenTelemetry.

    Without an endpoint there are no traces, without a port no metrics, and neither costs anything. What else a
    collector needs (headers, certificates, batch size) is read by its exporter from the ``OTEL_*`` variables.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True, env_ignore_empty=True)

    otlp_endpoint: str = Field(
        default="",
        validation_alias=_named("otlp_endpoint", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    )
    """Where traces go, OTLP over gRPC: ``http://HOST:PORT``, or ``https://`` for TLS."""

    sampling_ratio: float = Field(
        default=1.0, ge=0.0, le=1.0, validation_alias=_named("sampling_ratio", "OTEL_TRACES_SAMPLER_ARG")
    )
    """Share of the traces begun here that are recorded; a caller that has decided already is followed."""

    export_timeout_s: float = Field(default=5.0, gt=0, le=60, validation_alias=_named("export_timeout_s"))
    """Time for one export, and for the last one when the process ends, seconds."""

    export_interval_ms: int = Field(
        default=1000, ge=1, validation_alias=_named("export_interval_ms", "OTEL_BSP_SCHEDULE_DELAY")
    )
    """Spans are sent together, this often, milliseconds."""

    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, validation_alias=_named("metrics_port", "OTEL_EXPORTER_PROMETHEUS_PORT")
    )
    """Port of the Prometheus endpoint; 0 takes a free one, which the log tells."""

    metrics_host: str = Field(
        default="127.0.0.1", validation_alias=_named("metrics_host", "OTEL_EXPORTER_PROMETHEUS_HOST")
    )
    """Address to bind the Prometheus endpoint to."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", validation_alias=_named("log_level")
    )
    """Lines below are not written."""

    disabled: bool = Field(default=False, validation_alias=_named("disabled", "OTEL_SDK_DISABLED"))
    """Neither traces nor metrics, whatever the rest says."""

    @field_validator("otlp_endpoint")
    @classmethod
    def _has_scheme(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError(f"{value!r} has no scheme; say http://HOST:PORT, or https://HOST:PORT for TLS")
        return value

    @property
    def traces_enabled(self) -> bool:
        """Whether traces are sent."""
        return bool(self.otlp_endpoint) and not self.disabled

    @property
    def metrics_enabled(self) -> bool:
        """Whether there is a Prometheus endpoint."""
        return self.metrics_port is not None and not self.disabled
