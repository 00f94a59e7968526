"""The image built from a base made here, and the pipeline in its containers: ``make image-test``, some minutes."""

from __future__ import annotations

import json
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.deploy.containers import COMPOSE, IMAGE, PROJECT, SERVICES, Containers, container_store, missing
from tests.support.gateway_bodies import as_columns
from wyckoff.schematics import schematic

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif("WYCKOFF_IMAGE_TEST" not in os.environ, reason="takes minutes: make image-test runs it"),
    pytest.mark.skipif(bool(missing()), reason=f"this machine lacks {missing()}"),
    pytest.mark.timeout(900),
]

BARS = schematic(kind="accumulation", shakeout=True, noise=0.3, seed=0).bars
START_S = 120
STAGES = {"data", "volume", "range", "phase", "pattern", "risk", "validation", "signal"}


@pytest.fixture(scope="module")
def store() -> Iterator[Containers]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with container_store(port) as opened:
        opened.build_base()
        opened.build_image()
        yield opened


@pytest.fixture(scope="module")
def client(store: Containers) -> Iterator[httpx2.Client]:
    """Of the gateway of compose.yaml, with a key."""
    # as compose.yaml has it, but with nothing else on standard output
    key = store.run(
        *("podman", "run", "--rm", "--read-only", "--cap-drop=ALL", f"--volume={PROJECT}_gateway:/data", IMAGE),
        *("wyckoff", "keys", "add", "test", "--scope", "read", "--scope", "write", "--data-dir", "/data"),
    ).strip()
    store.compose("up", "-d", "--no-build", *SERVICES)
    address = f"http://127.0.0.1:{store.environment['GATEWAY_PORT']}"
    with httpx2.Client(base_url=address, headers={"X-API-Key": key}, timeout=30, trust_env=False) as opened:
        until_healthy(opened)
        yield opened


def until_healthy(client: httpx2.Client) -> None:
    """Return once the gateway reaches a healthy orchestrator."""
    end_s = time.monotonic() + START_S
    while True:
        try:
            status = client.get("/api/v1/health/orchestrator").json().get("status")
        except (httpx2.TransportError, ValueError) as error:
            status = str(error)
        if status == "HEALTH_STATUS_HEALTHY":
            return
        assert time.monotonic() < end_s, f"not healthy after {START_S} s: {status}"
        time.sleep(0.2)


def analysis(client: httpx2.Client) -> dict[str, Any]:
    answer = client.get(f"/api/v1/analysis/{BARS.symbol}/1d")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_is_said_of_the_image(store: Containers) -> None:
    config = json.loads(store.run("podman", "image", "inspect", IMAGE))[0]["Config"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.title"] == "wyckoff"
    assert "Entrypoint" not in config


def test_the_pipeline_runs(client: httpx2.Client) -> None:
    stored = client.post("/api/v1/bars", json=as_columns(BARS))
    assert stored.json()["inserted_count"] == len(BARS), stored.text
    found = analysis(client)
    assert found["complete"] is True
    assert found["ranges"]
    assert found["patterns"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_can_do_more_than_it_needs(client: httpx2.Client, store: Containers, service: str) -> None:
    """Nobody special, nothing to write to but its data, no capability, no way to get one, and no tools."""
    assert store.inside(service, "id", "-u").strip() == "10001"
    said = store.inside(
        *(service, "sh", "-c"),
        "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/1/status;"
        "for place in / /opt/wyckoff /usr /etc /home; do touch $place/x 2>/dev/null && echo wrote $place; done;"
        "for tool in pip gcc cc make git curl; do command -v $tool; done; python -c 'import pip' 2>&1 | tail -n 1",
    )
    # nothing of what was looked for lies between
    facts = dict(line.split(":\t") for line in said.splitlines() if ":\t" in line)
    assert facts == {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}
    assert said.splitlines()[3:] == ["ModuleNotFoundError: No module named 'pip'"]
    host = store.state(service)["HostConfig"]
    assert (host["ReadonlyRootfs"], host["Memory"]) == (True, 768 * 1024 * 1024)


@pytest.mark.parametrize("service", SERVICES)
def test_health_checks_say_what_is(client: httpx2.Client, store: Containers, service: str) -> None:
    _, *command = COMPOSE["services"][service]["healthcheck"]["test"]
    store.inside(service, *command)
    with pytest.raises(AssertionError, match="does not serve"):
        store.inside(service, *command[:-1], "127.0.0.1:9")


def test_services_end_by_themselves_and_what_is_stored_stays(client: httpx2.Client, store: Containers) -> None:
    before = analysis(client)
    store.run("podman", "stop", "--time", "15", *(store.name(service) for service in SERVICES))
    for service in SERVICES:
        # 137 would be one that had to be killed
        assert store.state(service)["State"]["ExitCode"] == 0, service
    store.run("podman", "start", *(store.name(service) for service in SERVICES))
    until_healthy(client)
    after = analysis(client)
    assert after["ranges"] == before["ranges"]
    assert after["patterns"] == before["patterns"]
