"""Who calls whom: the one list that addresses, allow-lists and network policies are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ORCHESTRATOR: Final = "orchestrator"
GATEWAY: Final = "gateway"
ALERTS: Final = "alerts"
#: People and programs outside that speak gRPC: the ``wyckoff`` command, :mod:`wyckoff.client`, grpcurl.
CLIENT: Final = "client"
#: Whoever looks after the services: may ask every one of them for its reflection and channelz, and for nothing else.
OPERATOR: Final = "operator"

#: In the order of the pipeline.
STAGES: Final = ("marketdata", "volume", "range", "phase", "pattern", "risk", "portfolio")

#: By caller, the services that it calls. A stage calls nobody.
CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    ORCHESTRATOR: STAGES,
    GATEWAY: (ORCHESTRATOR, "marketdata"),
    ALERTS: (ORCHESTRATOR,),
    CLIENT: (ORCHESTRATOR, "marketdata", "portfolio", ALERTS),
}

#: Every service that is called over gRPC.
SERVERS: Final = (*STAGES, ORCHESTRATOR, ALERTS)


def callers_of(service: str) -> frozenset[str]:
    """Who may call ``service``; nobody may call one that is not known."""
    return frozenset(caller for caller, called in CALLS.items() if service in called)


def component_of(path: str) -> str:
    """The service that an RPC belongs to: ``pattern`` of ``/wyckoff.pattern.v1.PatternService/DetectPatterns``."""
    parts = path.removeprefix("/").split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "wyckoff" else ""
