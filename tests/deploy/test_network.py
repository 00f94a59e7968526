"""Who may reach whom, worked out from the network policies as a cluster does, is who calls whom in the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.deploy.manifests import (
    NAME,
    SERVICES,
    Manifests,
    Object,
    build,
    deployments_of,
    each_overlay,
    needs_kustomize,
    port_of,
)
from tests.deploy.settings import keeps_a_database
from wyckoff.rpc import edges

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = needs_kustomize

NAMESPACE = "kubernetes.io/metadata.name"
OWN = "wyckoff"
#: Ports that no service has.
OTHER_PORT = 6000


@dataclass(frozen=True)
class Peer:
    """A pod, or with ``address`` something outside of the cluster."""

    labels: Mapping[str, str]
    namespace: str = OWN
    address: str = ""


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    wanted: dict[str, str] = selector.get("matchLabels", {})
    for item in selector.get("matchExpressions", ()):
        assert item["operator"] == "Exists"
        if item["key"] not in labels:
            return False
    return wanted.items() <= labels.items()


def names(peer: Object, other: Peer) -> bool:
    """Whether a policy's ``from`` or ``to`` means the other."""
    if "ipBlock" in peer:
        return bool(other.address)
    if other.address:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {NAMESPACE: other.namespace}):
            return False
    elif other.namespace != OWN:
        return False
    return selects(peer.get("podSelector", {}), other.labels)


def allows(manifests: Manifests, direction: str, own: Peer, other: Peer, port: int) -> bool:
    """One end's policies: ``ingress`` of own from the other, or ``egress`` of own to the other."""
    other_key = {"ingress": "from", "egress": "to"}[direction]
    applying = [
        item["spec"]
        for item in manifests.of_kind("NetworkPolicy")
        if selects(item["spec"]["podSelector"], own.labels) and direction.capitalize() in item["spec"]["policyTypes"]
    ]
    assert applying, f"nothing denies {direction} of {own}"
    return any(
        any(names(peer, other) for peer in rule[other_key]) and any(entry["port"] == port for entry in rule["ports"])
        for spec in applying
        for rule in spec.get(direction, ())
    )


def reaches(manifests: Manifests, source: Peer, target: Peer, port: int) -> bool:
    return allows(manifests, "egress", source, target, port) and allows(manifests, "ingress", target, source, port)


def pod(manifests: Manifests, kind: str, name: str) -> Peer:
    return Peer(manifests.one(kind, name)["spec"]["template"]["metadata"]["labels"])


@each_overlay
def test_a_service_reaches_those_that_it_calls_and_no_others(overlay: str) -> None:
    manifests = build(overlay)
    found, meant = set(), set()
    for source in deployments_of(manifests):
        for target in SERVICES:
            assert edges.CALLS.get(source, ()) == next(item.calls for item in SERVICES if item.name == source)
            pair = (source, target.name)
            ends = (pod(manifests, "Deployment", source), pod(manifests, "Deployment", target.name))
            if reaches(manifests, *ends, target.port):
                found.add(pair)
            if target.name in edges.CALLS.get(source, ()):
                meant.add(pair)
            for port in (OTHER_PORT, port_of(manifests.one("Deployment", target.name), "metrics")):
                assert not reaches(manifests, *ends, port)
    assert found == meant


@each_overlay
def test_what_no_policy_allows_is_denied(overlay: str) -> None:
    assert build(overlay).one("NetworkPolicy", "default-deny")["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


@each_overlay
def test_a_stranger_reaches_nothing(overlay: str) -> None:
    manifests = build(overlay)
    for stranger in (Peer({NAME: "stranger"}), Peer({}), Peer({}, namespace="default")):
        for service in SERVICES:
            target = pod(manifests, "Deployment", service.name)
            assert not allows(manifests, "ingress", target, stranger, service.port)


@each_overlay
def test_outside_come_in_the_ingress_controller_and_prometheus(overlay: str) -> None:
    manifests = build(overlay)
    for service in SERVICES:
        target = pod(manifests, "Deployment", service.name)
        metrics = port_of(manifests.one("Deployment", service.name), "metrics")
        assert allows(manifests, "ingress", target, Peer({}, namespace="monitoring"), metrics)
        assert not allows(manifests, "ingress", target, Peer({}, namespace="monitoring"), service.port)
        from_controller = allows(manifests, "ingress", target, Peer({}, namespace="ingress-nginx"), service.port)
        assert from_controller == service.http


@each_overlay
def test_everybody_reaches_dns_and_only_alerts_go_outside(overlay: str) -> None:
    manifests = build(overlay)
    dns = Peer({"k8s-app": "kube-dns"}, namespace="kube-system")
    for service in SERVICES:
        source = pod(manifests, "Deployment", service.name)
        assert allows(manifests, "egress", source, dns, 53)
        assert not allows(manifests, "egress", source, Peer({}, namespace="kube-system"), 443)
        assert allows(manifests, "egress", source, Peer({}, address="203.0.113.1"), 443) == (service.name == "alerts")


def test_alerts_do_not_go_to_private_addresses() -> None:
    [rule] = build("production").one("NetworkPolicy", "alerts-outside")["spec"]["egress"]
    [block] = [peer["ipBlock"] for peer in rule["to"]]
    private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"}
    assert private <= set(block["except"])


@pytest.mark.parametrize(("server", "port"), [("postgresql", 5432), ("nats", 4222)])
def test_inside_the_databases_are_reached_by_those_that_use_them(server: str, port: int) -> None:
    manifests = build("local")
    found = {
        name
        for name in deployments_of(manifests)
        if reaches(manifests, pod(manifests, "Deployment", name), pod(manifests, "StatefulSet", server), port)
    }
    users = {service.name for service in SERVICES if keeps_a_database(service.name)}
    assert found == (users if server == "postgresql" else {edges.ORCHESTRATOR})
    assert port_of(manifests.one("StatefulSet", server), server) == port


def test_outside_databases_are_reached_by_those_that_use_them() -> None:
    manifests = build("production")
    for service in SERVICES:
        source = pod(manifests, "Deployment", service.name)
        to_database = allows(manifests, "egress", source, Peer({}, address="192.0.2.1"), 5432)
        assert to_database == keeps_a_database(service.name)
        to_nats = allows(manifests, "egress", source, Peer({}, namespace="nats"), 4222)
        assert to_nats == (service.name == edges.ORCHESTRATOR)


def test_traces_go_to_the_collector() -> None:
    manifests = build("production")
    collector = pod(manifests, "Deployment", "otel-collector")
    for service in SERVICES:
        source = pod(manifests, "Deployment", service.name)
        assert reaches(manifests, source, collector, port_of(manifests.one("Deployment", "otel-collector"), "otlp"))
        assert not reaches(manifests, collector, source, service.port)
