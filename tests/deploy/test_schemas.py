"""Every build is valid by the schemas of Kubernetes, and custom resources say what their operators need."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from tests.deploy.manifests import OVERLAYS, Manifests, Object, build, build_with, each_overlay, needs_kustomize

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_kustomize

VERSION = "1.34"
#: Kinds whose schemas are not Kubernetes' own, with the fields that must be there.
CUSTOM = {
    ("cert-manager.io/v1", "Certificate"): ("secretName", "issuerRef", "commonName", "duration", "renewBefore"),
    ("cert-manager.io/v1", "Issuer"): (),
    ("monitoring.coreos.com/v1", "PodMonitor"): ("selector", "podMetricsEndpoints"),
    ("monitoring.coreos.com/v1", "PrometheusRule"): ("groups",),
    ("keda.sh/v1alpha1", "ScaledObject"): ("scaleTargetRef", "triggers", "minReplicaCount", "maxReplicaCount"),
}
COMBINATIONS = [(overlay, ()) for overlay in OVERLAYS] + [
    ("production", ("in-flight-adapter",)),
    ("production", ("in-flight-keda",)),
]
SECRET_KEYS = re.compile(r"password|secret|token|key", re.IGNORECASE)


def hours(duration: str) -> int:
    found = re.fullmatch(r"(\d+)h", duration)
    assert found is not None, duration
    return int(found[1])


def check_custom(item: Object) -> None:
    fields = CUSTOM[item["apiVersion"], item["kind"]]
    assert set(fields) <= item["spec"].keys(), item["metadata"]["name"]
    if item["kind"] == "Certificate":
        assert 0 < hours(item["spec"]["renewBefore"]) < hours(item["spec"]["duration"])
    if item["kind"] == "ScaledObject":
        assert {trigger["type"] for trigger in item["spec"]["triggers"]} == {"prometheus", "cpu"}
        assert all(
            isinstance(value, str) for trigger in item["spec"]["triggers"] for value in trigger["metadata"].values()
        )


@cache
def check_own(text: str) -> None:
    """By the schema; once for what several builds have alike."""
    kubernetes_validate.validate(json.loads(text), VERSION, strict=True)


@pytest.mark.parametrize(("overlay", "components"), COMBINATIONS)
def test_the_build_is_valid(overlay: str, components: tuple[str, ...], tmp_path: Path) -> None:
    manifests = build_with(tmp_path, overlay, components) if components else build(overlay)
    for item in manifests.objects:
        if (item["apiVersion"], item["kind"]) in CUSTOM:
            check_custom(item)
        else:
            check_own(json.dumps(item))


@each_overlay
def test_whatever_is_referred_to_is_there_or_a_secret_for_the_operator(overlay: str) -> None:
    manifests = build(overlay)
    made = {(item["kind"], item["metadata"]["name"]) for item in manifests.objects}
    issued = {item["spec"]["secretName"] for item in manifests.of_kind("Certificate")}
    for workload in manifests.workloads():
        pod = workload["spec"]["template"]["spec"]
        assert ("ServiceAccount", pod["serviceAccountName"]) in made
        for volume in pod.get("volumes", ()):
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in made
            if volume["name"] == "tls":
                assert volume["secret"]["secretName"] in issued
        for source in pod["containers"][0].get("envFrom", ()):
            reference = source.get("configMapRef")
            if reference and not reference.get("optional"):
                assert ("ConfigMap", reference["name"]) in made
        if "priorityClassName" in pod:
            assert ("PriorityClass", pod["priorityClassName"]) in made


@each_overlay
def test_no_secret_is_in_the_build(overlay: str) -> None:
    manifests = build(overlay)
    assert not manifests.of_kind("Secret")
    for item in manifests.of_kind("ConfigMap"):
        assert not [name for name in item["data"] if SECRET_KEYS.search(name.removesuffix("_KEY_FILE"))]
        assert not re.search(r"://[^/\s]*:[^/\s]*@", "\n".join(item["data"].values()))


def issuers(manifests: Manifests) -> set[str]:
    return {item["metadata"]["name"] for item in manifests.of_kind("Issuer")}


def test_certificates_have_an_issuer() -> None:
    manifests = build("production")
    assert manifests.of_kind("Certificate")
    for item in manifests.of_kind("Certificate"):
        assert item["spec"]["issuerRef"]["name"] in issuers(manifests)
    assert not build("local").of_kind("Certificate")
