"""compose.yaml and the Dockerfile against the code: ports, targets, what each container may do, what is copied."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, Final

import pytest

from orchestrator.cli.services import ALERTS, ALL_SERVICES, ORCHESTRATOR, Service
from tests.deploy.containers import COMPOSE, ROOT

OURS: Final = (*ALL_SERVICES, ALERTS)
CONTAINERS: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
DOCKERFILE: Final = (ROOT / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")


def final_stage() -> str:
    return DOCKERFILE.rpartition("\nFROM ")[2]


def test_every_service_has_a_container() -> None:
    assert set(CONTAINERS) == {service.name for service in OURS} | {"postgresql", "nats"}


@pytest.mark.parametrize("service", OURS, ids=lambda service: service.name)
def test_a_container_runs_its_service_and_asks_it_for_its_health(service: Service) -> None:
    container = CONTAINERS[service.name]
    assert container["command"] == ["python", "-m", service.module, "--address", f"0.0.0.0:{service.port}"]
    asked = [*(["--http"] if service.http else []), f"127.0.0.1:{service.port}"]
    assert container["healthcheck"]["test"] == ["CMD", "python", "-m", "wyckoff.rpc.probe", *asked]
    assert ("volumes" in container) == service.stores_data


@pytest.mark.parametrize("service", [ORCHESTRATOR, *OURS[-2:]], ids=lambda service: service.name)
def test_a_container_knows_where_the_others_are(service: Service) -> None:
    ports = {other.name: other.port for other in OURS}
    targets = {f"{service.name.upper()}_{name.upper()}_TARGET": f"{name}:{ports[name]}" for name in service.calls}
    assert targets.items() <= CONTAINERS[service.name]["environment"].items()


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_can_do_no_more_than_it_needs(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert all(container[limit] for limit in ("mem_limit", "cpus", "pids_limit"))
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(container)


def test_only_the_gateway_can_be_called_and_only_from_this_machine() -> None:
    assert {name for name, container in CONTAINERS.items() if "ports" in container} == {"gateway"}
    assert all(port.startswith("127.0.0.1:") for port in CONTAINERS["gateway"]["ports"])
    assert COMPOSE["networks"]["inner"]["internal"] is True
    outside = {name for name, container in CONTAINERS.items() if "outer" in container["networks"]}
    assert outside == {"gateway", "alerts"}


def test_no_secret_is_written_down() -> None:
    for container in CONTAINERS.values():
        for name, value in container.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|KEY|URL", name):
                assert re.fullmatch(r"\$\{[A-Z_]+:-\}", value), name


def test_the_last_stage_installs_nothing_and_is_nobody_special() -> None:
    stage = final_stage()
    assert re.search(r"^USER [1-9][0-9]*:[1-9][0-9]*$", stage, re.MULTILINE)
    assert not re.search(r"pip install|apt|apk|curl|wget", stage)
    assert re.search(r'^CMD \["', stage, re.MULTILINE)
    assert "ENTRYPOINT" not in stage


def test_what_is_installed_is_locked() -> None:
    steps = re.split(r"\n|&&", DOCKERFILE.replace("\\\n", " "))
    installs = [step for step in steps if re.search(r"pip .*\binstall\b", step)]
    assert len(installs) == 3
    assert all("--require-hashes" in options or "--no-index" in options for options in installs)
    locked = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").replace("\\\n", "")
    built_with = (ROOT / "deploy" / "docker" / "build-requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
    assert set(built_with.splitlines()) <= set(locked.splitlines())


def test_the_context_has_what_is_copied_and_little_else() -> None:
    kept = [
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    ]
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert sorted(copied) == sorted(kept)
    assert all((ROOT / PurePosixPath(place)).exists() for place in kept)
