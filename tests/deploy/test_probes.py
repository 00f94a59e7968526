"""A real server answers the probes of the manifests, and what an image must have is what the manifests ask for."""

from __future__ import annotations

import re
from typing import Any

from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.volume.__main__ import open_mounts
from tests.deploy.manifests import FOLDER, build, container, deployments_of, each_overlay, needs_kustomize
from wyckoff.rpc.server import Server
from wyckoff.rpc.tls.settings import TlsSettings

pytestmark = needs_kustomize

DOCKERFILE = (FOLDER.parent / "docker" / "Dockerfile").read_text(encoding="utf-8")


async def test_probes_are_answered_on_the_port_for_health() -> None:
    service = container(build("local").one("Deployment", "volume"))
    asked = [service[name]["grpc"]["service"] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    async with open_mounts() as mounts, Server(mounts, tls=TlsSettings(health_address="127.0.0.1:0")) as server:
        await server.start("127.0.0.1:0")
        async with aio.insecure_channel(f"127.0.0.1:{server.health_port}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            for name in asked:
                answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
                assert answer.status == health_pb2.HealthCheckResponse.SERVING, name


@each_overlay
def test_pods_are_restricted(overlay: str) -> None:
    manifests = build(overlay)
    labels = manifests.one("Namespace", "wyckoff")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for workload in manifests.workloads():
        pod, own = workload["spec"]["template"]["spec"], container(workload)["securityContext"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        assert own == wanted
        # the profile allows no other kinds of volumes
        kinds = {kind for volume in pod.get("volumes", ()) for kind in volume.keys() - {"name"}}
        assert kinds <= {"emptyDir", "configMap", "secret"}
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}


def test_the_user_is_that_of_the_image() -> None:
    users = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    manifests = build("production")
    for name in deployments_of(manifests):
        security = manifests.one("Deployment", name)["spec"]["template"]["spec"]["securityContext"]
        assert [(str(security["runAsUser"]), str(security["runAsGroup"]))] == users


def test_the_only_place_to_write_is_where_the_image_looks_for_one() -> None:
    [home] = re.findall(r"HOME=(\S+)", DOCKERFILE)
    manifests = build("production")
    for name in deployments_of(manifests):
        mounts = container(manifests.one("Deployment", name))["volumeMounts"]
        assert [mount["mountPath"] for mount in mounts if not mount.get("readOnly")] == [home]
