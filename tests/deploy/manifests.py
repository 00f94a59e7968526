"""What kustomize builds, and how tests look things up in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from orchestrator.cli.services import ALERTS, ALL_SERVICES, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER: Final = Path(__file__).resolve().parents[2] / "deploy" / "k8s"
OVERLAYS: Final = tuple(sorted(path.name for path in (FOLDER / "overlays").iterdir()))
SERVICES: Final = (*ALL_SERVICES, ALERTS)
NAME: Final = "app.kubernetes.io/name"
#: Where ``go install`` puts programs, whether or not that is on the path.
_PATH: Final = os.pathsep.join((os.environ.get("PATH", ""), str(Path.home() / "go" / "bin")))
KUSTOMIZE: Final = shutil.which("kustomize", path=_PATH)

needs_kustomize = pytest.mark.skipif(
    KUSTOMIZE is None, reason="kustomize is not installed; make k8s-validate does that"
)
each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)

Object = dict[str, Any]


@dataclass(frozen=True)
class Manifests:
    """All objects of one build."""

    objects: tuple[Object, ...]

    def of_kind(self, kind: str) -> list[Object]:
        return [item for item in self.objects if item["kind"] == kind]

    def one(self, kind: str, name: str) -> Object:
        found = [item for item in self.of_kind(kind) if item["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    def data(self, name: str) -> dict[str, str]:
        """The content of a generated ConfigMap, whose name ends with a hash; empty when there is none."""
        found = [item for item in self.of_kind("ConfigMap") if _stem(item["metadata"]["name"]) == name]
        assert len(found) <= 1, f"ConfigMap {name}"
        return found[0]["data"] if found else {}

    def workloads(self) -> list[Object]:
        return [*self.of_kind("Deployment"), *self.of_kind("StatefulSet")]


def build(overlay: str) -> Manifests:
    """An overlay of this project."""
    return _built(FOLDER / "overlays" / overlay)


def build_with(folder: Path, overlay: str, components: Sequence[str]) -> Manifests:
    """An overlay with more components, as somebody who uses it would write that."""
    base = os.path.relpath(FOLDER, folder)
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{base}/overlays/{overlay}"],
        "components": [f"{base}/components/{name}" for name in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return _built(folder)


def container(workload: Object) -> Object:
    """Its only container."""
    [found] = workload["spec"]["template"]["spec"]["containers"]
    return dict(found)


def port_of(workload: Object, name: str) -> int:
    [found] = [port["containerPort"] for port in container(workload)["ports"] if port["name"] == name]
    return int(found)


def deployments_of(manifests: Manifests) -> dict[str, Service]:
    """The services of the code that the manifests deploy."""
    names = {item["metadata"]["name"] for item in manifests.of_kind("Deployment")}
    return {service.name: service for service in SERVICES if service.name in names}


@cache
def _built(folder: Path) -> Manifests:
    assert KUSTOMIZE is not None
    done = subprocess.run([KUSTOMIZE, "build", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return Manifests(tuple(yaml.load_all(done.stdout, yaml.CSafeLoader)))


def _stem(name: str) -> str:
    stem, _, suffix = name.rpartition("-")
    return stem if len(suffix) == 10 else name
