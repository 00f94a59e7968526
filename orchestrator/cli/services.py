"""Which services a whole system has, and how they find each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.rpc import edges

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Service:
    """A service: the module that starts it, its fixed port, and whether it keeps files.

    With ``http`` it serves that, and gRPC otherwise.
    """

    name: str
    module: str
    port: int
    stores_data: bool = False
    http: bool = False

    @property
    def calls(self) -> tuple[str, ...]:
        """The services that it calls."""
        return edges.CALLS.get(self.name, ())

    @property
    def _prefix(self) -> str:
        return self.name.upper()

    def environment(self, data_dir: Path, addresses: Mapping[str, str]) -> dict[str, str]:
        """Settings of this service: its data directory, and where those are that it calls."""
        settings = {}
        if self.stores_data:
            settings[f"{self._prefix}_DATA_DIR"] = str(data_dir / self.name)
        for name in self.calls:
            if name in addresses:
                settings[f"{self._prefix}_{name.upper()}_TARGET"] = addresses[name]
        return settings


#: In the order of the pipeline; none needs another.
STAGES: Final = (
    Service("marketdata", "services.marketdata", 50051, stores_data=True),
    Service("volume", "services.volume", 50052),
    Service("range", "services.range", 50053),
    Service("phase", "services.phase", 50054),
    Service("pattern", "services.pattern", 50055),
    Service("risk", "services.risk", 50056),
    Service("portfolio", "services.portfolio", 50057, stores_data=True),
)
#: Started after the stages and stopped before them, because it calls all of them.
ORCHESTRATOR: Final = Service(edges.ORCHESTRATOR, "orchestrator", 50050, stores_data=True)
#: Started last and stopped first: what people and programs outside talk to.
DOORS: Final = (Service(edges.GATEWAY, "services.gateway", 8080, stores_data=True, http=True),)
ALL_SERVICES: Final = (*STAGES, ORCHESTRATOR, *DOORS)
#: One more door, for those who say in a file what they want to be told.
ALERTS: Final = Service(edges.ALERTS, "services.alerts", 50058, stores_data=True)


def doors(environment: Mapping[str, str]) -> tuple[Service, ...]:
    """The doors that are wanted: alerts only where ALERTS_CONFIG names their settings."""
    return (*DOORS, ALERTS) if environment.get("ALERTS_CONFIG") else DOORS
