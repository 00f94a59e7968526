"""Who calls whom: one list, of which everything else is made."""

from __future__ import annotations

import pytest

from orchestrator.cli.services import ALERTS, ALL_SERVICES
from orchestrator.settings import OrchestratorSettings
from services.alerts.config import AlertsSettings
from services.gateway.config import GatewaySettings
from wyckoff.rpc import catalogue, edges
from wyckoff.rpc.edges import callers_of, component_of
from wyckoff.rpc.errors import PermissionDeniedError
from wyckoff.rpc.methods import Method
from wyckoff.rpc.tls.peers import AllowList, peer_identities
from wyckoff.rpc.tls.settings import TlsSettings

METHODS = [value for value in vars(catalogue).values() if isinstance(value, Method)]


def test_the_callers_of_each_service() -> None:
    assert {service: sorted(callers_of(service)) for service in edges.SERVERS} == {
        "marketdata": ["client", "gateway", "orchestrator"],
        "volume": ["orchestrator"],
        "range": ["orchestrator"],
        "phase": ["orchestrator"],
        "pattern": ["orchestrator"],
        "risk": ["orchestrator"],
        "portfolio": ["client", "orchestrator"],
        "orchestrator": ["alerts", "client", "gateway"],
        "alerts": ["client"],
    }
    assert callers_of("unknown") == frozenset()


@pytest.mark.parametrize(
    ("caller", "fields"),
    [
        ("orchestrator", OrchestratorSettings.model_fields),
        ("gateway", GatewaySettings.model_fields),
        ("alerts", AlertsSettings.model_fields),
    ],
    ids=["orchestrator", "gateway", "alerts"],
)
def test_a_service_has_a_target_for_each_that_it_calls_and_no_other(caller: str, fields: dict[str, object]) -> None:
    targets = {name.removesuffix("_target") for name in fields if name.endswith("_target")}
    assert targets == set(edges.CALLS[caller])


def test_every_service_is_known_by_its_name() -> None:
    names = {service.name for service in (*ALL_SERVICES, ALERTS)}
    assert names == {*edges.SERVERS, edges.GATEWAY}
    assert set(edges.CALLS) - {edges.CLIENT} <= names


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.path)
def test_every_rpc_has_callers(method: Method) -> None:  # type: ignore[type-arg]
    component = component_of(method.path)
    assert component in edges.SERVERS
    allowed = AllowList(TlsSettings(), [component])
    for caller in callers_of(component):
        allowed.check(method.path, (f"spiffe://wyckoff/{caller}",))
    for stranger in ("risk", "operator", "", "orchestrator/x", "Orchestrator"):
        with pytest.raises(PermissionDeniedError):
            allowed.check(method.path, (f"spiffe://wyckoff/{stranger}",))
    with pytest.raises(PermissionDeniedError, match="a certificate without a URI name"):
        allowed.check(method.path, ())


@pytest.mark.parametrize("path", ["", "/", "/grpc.health.v1.Health/Check", "/other.pattern.v1.X/Y", "wyckoff"])
def test_a_path_of_no_service_of_ours_belongs_to_none(path: str) -> None:
    assert component_of(path) == ""


def test_identities_are_the_uris_of_the_certificate() -> None:
    context = {"peer_uri": [b"spiffe://wyckoff/risk", b"\xff"], "peer_dns": [b"orchestrator"]}
    assert peer_identities(context) == ("spiffe://wyckoff/risk", "�")
    assert peer_identities({"peer_dns": [b"orchestrator"]}) == ()
