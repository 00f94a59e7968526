"""The settings of the code, by the variables that they are read from."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from opentelemetry.sdk import environment_variables
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

import orchestrator
import services
import wyckoff.rpc
import wyckoff.telemetry
from services.alerts.config import CONFIG_VARIABLE
from wyckoff.storage.settings import DatabaseSettings

_MODULES = ("config", "settings", "balancing")


@cache
def setting_classes() -> tuple[type[BaseSettings], ...]:
    """Every settings class of services, orchestrator and libraries."""
    for package in (services, orchestrator, wyckoff.rpc, wyckoff.telemetry):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] in _MODULES:
                import_module(module.name)
    found: list[type[BaseSettings]] = []
    waiting = [BaseSettings]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        found += [kind for kind in below if kind.__module__.split(".")[0] in {"services", "orchestrator", "wyckoff"}]
    return tuple(found)


def variables_of(kind: type[BaseSettings]) -> set[str]:
    """The variables that a class reads."""
    prefix = kind.model_config.get("env_prefix", "")
    found: set[str] = set()
    for name, field in kind.model_fields.items():
        if isinstance(field.validation_alias, AliasChoices):
            found |= {str(choice) for choice in field.validation_alias.choices}
        else:
            found.add(f"{prefix}{name}".upper())
    return found


@cache
def known_variables() -> frozenset[str]:
    """All that any process of this project reads, the exporter of traces included."""
    own = {name for kind in setting_classes() for name in variables_of(kind)}
    exporter = {name for name in vars(environment_variables) if name.startswith("OTEL_")}
    return frozenset(own | exporter | {CONFIG_VARIABLE})


def keeps_a_database(service: str) -> bool:
    """Whether a service has settings of a database."""
    return any(
        issubclass(kind, DatabaseSettings) and kind.model_config.get("env_prefix") == f"{service.upper()}_"
        for kind in setting_classes()
    )
