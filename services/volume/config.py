"""Settings of the volume stage."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class VolumeSettings(BaseSettings):
    """Thresholds of effort against result, read from ``VOLUME_*``. All bounds are inclusive."""

    model_config = SettingsConfigDict(env_prefix="VOLUME_", frozen=True)

    baseline_bars: int = Field(default=20, ge=2, le=500)
    """Bars before the bar whose mean is its baseline."""

    climactic_volume_ratio: float = Field(default=2.0, gt=0)
    """Volume from which a bar of at least ``climactic_spread_ratio`` is climactic."""

    climactic_spread_ratio: float = Field(default=1.0, gt=0)
    """Spread that a bar of ``climactic_volume_ratio`` needs."""

    wide_climactic_volume_ratio: float = Field(default=1.5, gt=0)
    """Volume from which a wide bar is climactic."""

    wide_climactic_spread_ratio: float = Field(default=1.5, gt=0)
    """Spread from which a bar counts as wide for ``wide_climactic_volume_ratio``."""

    absorption_volume_ratio: float = Field(default=1.4, gt=0)
    """Volume from which a narrow bar is absorption."""

    absorption_spread_ratio: float = Field(default=0.8, gt=0)
    """Spread up to which a bar is narrow for absorption."""

    quiet_volume_ratio: float = Field(default=0.6, gt=0)
    """Volume up to which a narrow bar lacks demand or supply."""

    quiet_spread_ratio: float = Field(default=0.8, gt=0)
    """Spread up to which a quiet bar is narrow."""
