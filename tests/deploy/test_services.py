"""Names, modules, ports and probes are those of the code."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from services.gateway.guard import LIVENESS_PATH
from tests.deploy.manifests import (
    NAME,
    SERVICES,
    Manifests,
    Object,
    build,
    container,
    deployments_of,
    each_overlay,
    each_service,
    needs_kustomize,
    port_of,
)
from wyckoff.rpc import catalogue
from wyckoff.rpc.server import LIVENESS
from wyckoff.telemetry.settings import TelemetrySettings

if TYPE_CHECKING:
    from orchestrator.cli.services import Service

pytestmark = needs_kustomize

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def full_name(service: Service) -> str:
    """As its servicer says, which must be as the callers say."""
    name: str = import_module(f"{service.module}.servicer").SERVICE_NAME
    assert name == getattr(catalogue, service.name.upper())
    return name


def settings_of(manifests: Manifests, service: Service) -> dict[str, str]:
    return {**manifests.data("wyckoff"), **manifests.data(service.name)}


@each_overlay
def test_every_service_is_deployed(overlay: str) -> None:
    deployed = deployments_of(build(overlay))
    assert set(deployed) == {service.name for service in SERVICES}


@each_overlay
@each_service
def test_the_process_is_the_service_on_its_port(overlay: str, service: Service) -> None:
    workload = build(overlay).one("Deployment", service.name)
    assert container(workload)["command"] == ["python", "-m", service.module]
    assert container(workload)["args"] == ["--address", f"0.0.0.0:{service.port}"]
    assert port_of(workload, "main") == service.port


@each_overlay
@each_service
def test_selectors_match_the_pods(overlay: str, service: Service) -> None:
    manifests = build(overlay)
    workload = manifests.one("Deployment", service.name)
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert labels[NAME] == service.name
    offered = manifests.one("Service", service.name)["spec"]
    disruption = manifests.one("PodDisruptionBudget", service.name)["spec"]
    for selector in (
        workload["spec"]["selector"]["matchLabels"],
        offered["selector"],
        disruption["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
        # and no pods of another service
        assert selector[NAME] == service.name
    assert [(port["port"], port["targetPort"]) for port in offered["ports"]] == [(service.port, "main")]
    # gRPC clients spread their calls over what DNS says; browsers and proxies want one address
    assert offered.get("clusterIP") == (None if service.http else "None")
    scaler = manifests.one("HorizontalPodAutoscaler", service.name)["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.name}
    assert 1 <= scaler["minReplicas"] <= scaler["maxReplicas"]
    assert "replicas" not in workload["spec"]
    account = manifests.one("ServiceAccount", service.name)
    assert workload["spec"]["template"]["spec"]["serviceAccountName"] == service.name
    assert account["automountServiceAccountToken"] is False


@each_overlay
@each_service
def test_probes_ask_what_the_code_answers(overlay: str, service: Service) -> None:
    manifests = build(overlay)
    workload = manifests.one("Deployment", service.name)
    probes = {name: container(workload)[name] for name in PROBES}
    if service.http:
        for probe in probes.values():
            assert (probe["httpGet"]["path"], probe["httpGet"]["port"]) == (LIVENESS_PATH, "main")
        return
    _, _, port = manifests.data("wyckoff")["WYCKOFF_HEALTH_ADDRESS"].rpartition(":")
    assert port_of(workload, "health") == int(port)
    assert {name: probe["grpc"]["port"] for name, probe in probes.items()} == dict.fromkeys(PROBES, int(port))
    asked = {name: probe["grpc"]["service"] for name, probe in probes.items()}
    assert asked == dict(zip(PROBES, (full_name(service), full_name(service), LIVENESS), strict=True))


@each_overlay
@each_service
def test_a_pod_has_time_to_drain(overlay: str, service: Service) -> None:
    manifests = build(overlay)
    pod = manifests.one("Deployment", service.name)["spec"]["template"]["spec"]
    settings = settings_of(manifests, service)
    before_s = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    if service.http:
        ending_s = float(settings["GATEWAY_SHUTDOWN_GRACE_S"])
    else:
        ending_s = float(settings["WYCKOFF_DRAIN_S"]) + float(settings["WYCKOFF_SHUTDOWN_GRACE_S"])
    export_s = TelemetrySettings.model_fields["export_timeout_s"].default
    assert before_s + ending_s + export_s < pod["terminationGracePeriodSeconds"]


@each_overlay
@each_service
def test_resources_and_metrics(overlay: str, service: Service) -> None:
    manifests = build(overlay)
    workload = manifests.one("Deployment", service.name)
    resources = container(workload)["resources"]
    assert resources.keys() == {"requests", "limits"}
    assert all(kind.keys() == {"cpu", "memory"} for kind in resources.values())
    assert port_of(workload, "metrics") == int(manifests.data("wyckoff")["WYCKOFF_TELEMETRY_METRICS_PORT"])


def test_one_process_of_what_must_be_alone() -> None:
    """Bars are announced within the process that stored them; alerts have their database to themselves."""
    for overlay in ("local", "production"):
        for name in ("marketdata", "alerts"):
            assert build(overlay).one("HorizontalPodAutoscaler", name)["spec"]["maxReplicas"] == 1
        assert build(overlay).one("Deployment", "alerts")["spec"]["strategy"] == {"type": "Recreate"}


def spread(pod: Object) -> set[str]:
    return {item["topologyKey"] for item in pod["topologySpreadConstraints"]}


@each_service
def test_production_spreads_replicas(service: Service) -> None:
    workload = build("production").one("Deployment", service.name)
    pod, labels = workload["spec"]["template"]["spec"], workload["spec"]["template"]["metadata"]["labels"]
    assert spread(pod) == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    [preferred] = pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    for term in (*pod["topologySpreadConstraints"], preferred["podAffinityTerm"]):
        assert term["labelSelector"]["matchLabels"].items() <= labels.items()
        assert set(term["matchLabelKeys"]) <= {*labels, "pod-template-hash"}
        assert NAME in term["matchLabelKeys"]
    assert pod["priorityClassName"]
