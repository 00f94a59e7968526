"""Variables in the manifests are settings of the code, and lead where they should."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from orchestrator.cli.services import ORCHESTRATOR
from tests.deploy.manifests import (
    FOLDER,
    SERVICES,
    Object,
    build,
    container,
    each_overlay,
    each_service,
    needs_kustomize,
)
from tests.deploy.settings import keeps_a_database, known_variables
from wyckoff.rpc.tls.certificate import identity_uri

if TYPE_CHECKING:
    from orchestrator.cli.services import Service

pytestmark = needs_kustomize

SECRETS = FOLDER / "secrets.example.yaml"


def mounted(workload: Object, path: str) -> Object:
    """The volume that a file is in."""
    mounts = [item for item in container(workload)["volumeMounts"] if Path(path).is_relative_to(item["mountPath"])]
    [mount] = [item for item in mounts if item["mountPath"] != "/"]
    [volume] = [item for item in workload["spec"]["template"]["spec"]["volumes"] if item["name"] == mount["name"]]
    return dict(volume)


def secrets() -> dict[str, set[str]]:
    """Keys of the secrets of the example, by name."""
    return {item["metadata"]["name"]: set(item["stringData"]) for item in yaml.safe_load_all(SECRETS.read_text())}


@each_overlay
def test_variables_are_settings(overlay: str) -> None:
    manifests = build(overlay)
    names = set(manifests.data("wyckoff"))
    for service in SERVICES:
        own = set(manifests.data(service.name))
        assert all(name.startswith(f"{service.name.upper()}_") for name in own)
        names |= own
    assert names
    assert names - known_variables() == set()


@each_overlay
@each_service
def test_targets_are_the_services_that_are_called(overlay: str, service: Service) -> None:
    manifests = build(overlay)
    addresses = {item.name: f"dns:///{item.name}:{item.port}" for item in SERVICES}
    wanted = service.environment(Path(), addresses)
    wanted.pop(f"{service.name.upper()}_DATA_DIR", None)
    found = {name: value for name, value in manifests.data(service.name).items() if name.endswith("_TARGET")}
    assert found == wanted
    for target in found.values():
        name, _, port = target.removeprefix("dns:///").rpartition(":")
        offered = manifests.one("Service", name)["spec"]["ports"]
        assert int(port) in {item["port"] for item in offered}


@each_service
def test_a_certificate_has_the_name_that_is_called_and_the_identity_of_the_caller(service: Service) -> None:
    manifests = build("production")
    settings = manifests.data("wyckoff")
    certificate = manifests.one("Certificate", service.name)
    assert service.name in certificate["spec"]["dnsNames"]
    assert certificate["spec"]["uris"] == [identity_uri(service.name, settings["WYCKOFF_TLS_TRUST_DOMAIN"])]
    assert {"server auth", "client auth"} <= set(certificate["spec"]["usages"])
    workload = manifests.one("Deployment", service.name)
    for name, key in (("CERT", "tls.crt"), ("KEY", "tls.key"), ("CA", "ca.crt")):
        path = settings[f"WYCKOFF_TLS_{name}_FILE"]
        assert Path(path).name == key
        assert mounted(workload, path)["secret"]["secretName"] == certificate["spec"]["secretName"]
    assert "WYCKOFF_ALLOW_PLAINTEXT" not in settings


@each_service
def test_plain_text_is_said_explicitly(service: Service) -> None:
    manifests = build("local")
    settings = manifests.data("wyckoff")
    assert settings["WYCKOFF_ALLOW_PLAINTEXT"] == "true"
    assert not any(settings[f"WYCKOFF_TLS_{name}_FILE"] for name in ("CERT", "KEY", "CA"))
    pod = manifests.one("Deployment", service.name)["spec"]["template"]["spec"]
    assert "tls" not in {volume["name"] for volume in pod["volumes"]}


@each_overlay
@each_service
def test_secrets_are_those_of_the_example(overlay: str, service: Service) -> None:
    workload = build(overlay).one("Deployment", service.name)
    [reference] = [item["secretRef"] for item in container(workload)["envFrom"] if "secretRef" in item]
    assert reference["name"] == service.name
    assert reference["optional"] is not keeps_a_database(service.name)
    keys = secrets().get(service.name, set())
    assert (f"{service.name.upper()}_DATABASE_URL" in keys) == keeps_a_database(service.name)
    for volume in workload["spec"]["template"]["spec"]["volumes"]:
        if "secret" in volume and volume["name"] != "tls":
            assert volume["secret"]["secretName"] in secrets()


def test_the_example_has_nothing_that_nobody_reads() -> None:
    by_service = {service.name for service in SERVICES}
    for name, keys in secrets().items():
        if name in by_service:
            own = {key for key in keys if key in known_variables() or key.startswith("SECRET_OF_")}
            assert keys == own
    assert "ORCHESTRATOR_EVENT_BUS_URL" in secrets()[ORCHESTRATOR.name]


@each_overlay
def test_files_are_where_the_settings_say(overlay: str) -> None:
    manifests = build(overlay)
    rules = manifests.data("alerts")["ALERTS_CONFIG"]
    volume = mounted(manifests.one("Deployment", "alerts"), rules)
    assert Path(rules).name in manifests.one("ConfigMap", volume["configMap"]["name"])["data"]
    keys = manifests.data("gateway")["GATEWAY_DATA_DIR"]
    assert (
        mounted(manifests.one("Deployment", "gateway"), f"{keys}/keys.json")["secret"]["secretName"] == "gateway-keys"
    )


def test_the_probes_of_the_gateway_say_a_host_that_it_answers() -> None:
    manifests = build("production")
    hosts = manifests.data("gateway")["GATEWAY_ALLOWED_HOSTS"].split(",")
    service = container(manifests.one("Deployment", "gateway"))
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        [header] = service[name]["httpGet"]["httpHeaders"]
        assert (header["name"], header["value"]) == ("Host", hosts[0])
    [rule] = manifests.one("Ingress", "gateway")["spec"]["rules"]
    assert rule["host"] == hosts[0]
