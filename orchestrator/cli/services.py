"""Which services a whole system has, and how they find each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Service:
    """A service: the module that starts it, its fixed port, and whether it keeps files."""

    name: str
    module: str
    port: int
    stores_data: bool = False

    @property
    def _prefix(self) -> str:
        return self.name.upper()

    def environment(self, data_dir: Path, addresses: Mapping[str, str]) -> dict[str, str]:
        """Settings of this service: its data directory, and for the orchestrator where the others are."""
        settings = {}
        if self.stores_data:
            settings[f"{self._prefix}_DATA_DIR"] = str(data_dir / self.name)
        if self is ORCHESTRATOR:
            settings.update({f"{self._prefix}_{name.upper()}_TARGET": address for name, address in addresses.items()})
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
#: Started last and stopped first, because it calls all the others.
ORCHESTRATOR: Final = Service("orchestrator", "orchestrator", 50050, stores_data=True)
