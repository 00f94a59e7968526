"""Settings of the alerts service: from the environment, and from the TOML file that ALERTS_CONFIG names."""

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, TomlConfigSettingsSource

from services.alerts.rules import Rule
from services.alerts.targets import Target
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError
from wyckoff.storage.engine import sqlite_url
from wyckoff.storage.settings import DatabaseSettings

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource

CONFIG_VARIABLE: Final = "ALERTS_CONFIG"
_DAY_S: Final = 86_400.0


class AlertsSettings(DatabaseSettings):
    """What is told to whom, and how, read from ``ALERTS_*`` and the file; the environment goes before the file."""

    model_config = SettingsConfigDict(
        env_prefix="ALERTS_",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        nested_model_default_partial_update=False,
    )

    targets: tuple[Target, ...] = ()
    """Where alerts go."""

    rules: tuple[Rule, ...] = ()
    """Which events go there."""

    orchestrator_target: str = "127.0.0.1:50050"
    """gRPC target of the orchestrator."""

    data_dir: Path = Path("data")
    """Folder of the SQLite database ``alerts.db``; created if needed. One process has a database to itself."""

    health_interval_s: float = Field(default=5.0, gt=0)
    """How often database and orchestrator are looked at, which the service's health follows, seconds."""

    max_event_age_s: float = Field(default=3_600.0, gt=0)
    """Events older than this when they are read are counted and not sent, seconds."""

    max_bar_age_days: float = Field(default=4.0, gt=0)
    """What was known at a bar that opened longer ago than this, and than ``max_bar_age_bars``, is history: not sent."""

    max_bar_age_bars: int = Field(default=3, ge=1)
    """The same in bars, for weekly and monthly ones."""

    damping_s: float = Field(default=300.0, ge=0)
    """After a change of a circuit breaker was told, the next is held so long, and told only if it lasts, seconds."""

    failure_quiet_s: float = Field(default=_DAY_S / 24, ge=0)
    """A detector that goes on failing is told again after so long, seconds."""

    remember_days: float = Field(default=200.0, gt=1)
    """How long it is remembered what was told."""

    timeout_s: float = Field(default=10.0, gt=0, le=120)
    """Time of one attempt to send, seconds."""

    first_pause_s: float = Field(default=1.0, gt=0)
    """Pause of a target after its first failure, seconds; doubled after each further one."""

    max_pause_s: float = Field(default=300.0, gt=0)
    """Longest pause between two attempts, seconds."""

    pause_after_s: float = Field(default=900.0, gt=0)
    """A target that fails for so long is reported and left alone for a while, seconds."""

    pause_s: float = Field(default=3_600.0, gt=0)
    """How long it is left alone before one alert is tried, seconds."""

    give_up_after_s: float = Field(default=_DAY_S, gt=0)
    """An alert that could not be sent for so long is given up, seconds."""

    max_waiting: int = Field(default=10_000, ge=1)
    """Alerts that wait for one target before the oldest is given up."""

    @property
    def resolved_database_url(self) -> str:
        """The database in use."""
        return self.database_url or sqlite_url(self.data_dir / "alerts.db")

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [target.name for target in self.targets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"targets: {', '.join(twice)} is there twice; names differ")
        for number, rule in enumerate(self.rules):
            unknown = sorted(set(rule.targets) - set(names))
            if unknown:
                known = ", ".join(names) or "none"
                raise ValueError(f"rules.{number}.targets: {', '.join(unknown)} is no target; there are: {known}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: "PydanticBaseSettingsSource",
        env_settings: "PydanticBaseSettingsSource",
        dotenv_settings: "PydanticBaseSettingsSource",
        file_secret_settings: "PydanticBaseSettingsSource",
    ) -> tuple["PydanticBaseSettingsSource", ...]:
        """Arguments before the environment before the file."""
        file = os.environ.get(CONFIG_VARIABLE)
        toml = (TomlConfigSettingsSource(settings_cls, toml_file=Path(file)),) if file else ()
        return (init_settings, env_settings, *toml)


def read_settings() -> AlertsSettings:
    """The settings; raises InvalidArgumentError that names file and field, and shows no value."""
    file = os.environ.get(CONFIG_VARIABLE, "")
    if file and not Path(file).is_file():
        raise InvalidArgumentError.of(CONFIG_VARIABLE, f"names {file}, which is no file")
    try:
        return AlertsSettings()
    except tomllib.TOMLDecodeError as error:
        raise InvalidArgumentError.of(file, f"is no TOML: {error}") from None
    except ValidationError as error:
        raise InvalidArgumentError(
            [FieldViolation(_field(item["loc"]), item["msg"].removeprefix("Value error, ")) for item in error.errors()],
            reason="SETTINGS",
        ) from None


def _field(location: tuple[int | str, ...]) -> str:
    return "alerts." + ".".join(map(str, location)) if location else "alerts"
