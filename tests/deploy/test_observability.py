"""Rules, dashboard, autoscaling and collector use metrics that services export, and the rules fire when they should."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from orchestrator.events.model import EventKind
from orchestrator.mounts import open_mounts
from orchestrator.settings import OrchestratorSettings
from tests.deploy.manifests import FOLDER, Manifests, build, build_with, needs_kustomize
from tests.deploy.prometheus_tools import PROMTOOL, needs_promtool
from tests.deploy.promql import Use, uses_of
from tests.integration.marketdata.series import some_bars
from tests.support.gateway import running_gateway
from tests.support.prometheus import scrape
from tests.support.tls import TlsFolder
from wyckoff.rpc.server import Server
from wyckoff.telemetry.metrics import BUCKETS_S
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_kustomize

#: Put there by Prometheus, from the pods that it reads, and by the rules.
TARGET_LABELS = {"namespace", "pod", "job", "le", "slo"}
PROMETHEUS_OWN = {"up"}
NOWHERE = "127.0.0.1:1"


async def read_exported(folder: Path) -> dict[str, set[str]]:
    """Every series of real services, with the names of its labels."""
    telemetry = setup_telemetry("test", TelemetrySettings(metrics_port=0), logs=False)
    try:
        (folder / "tls").mkdir()
        tls = TlsFolder(folder / "tls").settings("orchestrator")
        targets: dict[str, Any] = {
            name: NOWHERE for name in OrchestratorSettings.model_fields if name.endswith("_target")
        }
        alone = OrchestratorSettings(data_dir=folder / "alone", **targets)
        async with running_gateway(folder) as whole, open_mounts(alone) as mounts, Server(mounts, tls=tls) as server:
            await server.start("127.0.0.1:0")
            await whole.live.settled()
            with whole.live.messaging.bus.follow(frozenset(), frozenset()) as follower:
                await whole.system.marketdata.ingest_bars(some_bars(60))
                while (await follower.next()).event.kind is not EventKind.VOLUME_ANALYZED:
                    pass
            # told is not yet done
            await whole.live.settled()
            assert (await whole.client.get("/api/v1/health")).status_code == 200
            page = await scrape(telemetry.metrics_port)
    finally:
        telemetry.shutdown()
    found: dict[str, set[str]] = {}
    for name, labels, _ in page.samples:
        found.setdefault(name, set()).update(labels)
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    return asyncio.run(read_exported(tmp_path_factory.mktemp("services")))


def rules(manifests: Manifests) -> Iterator[dict[str, Any]]:
    for item in manifests.of_kind("PrometheusRule"):
        for group in item["spec"]["groups"]:
            yield from group["rules"]


def dashboard(manifests: Manifests) -> dict[str, Any]:
    [found] = [
        item for item in manifests.of_kind("ConfigMap") if "grafana_dashboard" in item["metadata"].get("labels", ())
    ]
    [content] = found["data"].values()
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def panel_queries(manifests: Manifests) -> list[str]:
    queries = [target["expr"] for panel in dashboard(manifests)["panels"] for target in panel["targets"]]
    return [query.replace("$__rate_interval", "5m").replace("$namespace", "wyckoff") for query in queries]


def check(uses: list[Use], exported: dict[str, set[str]], recorded: set[str]) -> None:
    assert uses
    for use in uses:
        if use.name in recorded | PROMETHEUS_OWN:
            continue
        assert use.name in exported, use.name
        assert use.labels <= exported[use.name] | TARGET_LABELS, use


def test_rules_and_dashboard_use_what_is_exported(exported: dict[str, set[str]]) -> None:
    manifests = build("production")
    recorded = {rule["record"] for rule in rules(manifests) if "record" in rule}
    expressions = [rule["expr"] for rule in rules(manifests)] + panel_queries(manifests)
    check([use for text in expressions for use in uses_of(text)], exported, recorded)


def test_every_bound_of_a_bucket_is_one(exported: dict[str, set[str]]) -> None:
    bounds = {bound for rule in rules(build("production")) for bound in re.findall(r'le="([^"]*)"', rule["expr"])}
    assert bounds
    assert bounds <= {str(bound) for bound in BUCKETS_S}


@pytest.mark.parametrize("component", ["in-flight-adapter", "in-flight-keda"])
def test_autoscaling_uses_what_is_exported(component: str, tmp_path: Path, exported: dict[str, set[str]]) -> None:
    manifests = build_with(tmp_path, "production", [component])
    scaled: dict[str, set[str]] = {}
    if component == "in-flight-keda":
        for item in manifests.of_kind("ScaledObject"):
            [trigger] = [entry for entry in item["spec"]["triggers"] if entry["type"] == "prometheus"]
            uses = uses_of(trigger["metadata"]["query"])
            check(uses, exported, set())
            assert f'job="{item["metadata"]["name"]}"' in trigger["metadata"]["query"]
            scaled[item["spec"]["scaleTargetRef"]["name"]] = {use.name for use in uses}
        single = {item["metadata"]["name"] for item in manifests.of_kind("HorizontalPodAutoscaler")}
        assert not single & scaled.keys()
    else:
        content = yaml.safe_load((FOLDER / "components" / component / "adapter-values.yaml").read_text())
        series = [uses_of(rule["seriesQuery"]) for rule in content["rules"]["custom"]]
        offered = {use.name for uses in series for use in uses}
        check([use for uses in series for use in uses], exported, set())
        for item in manifests.of_kind("HorizontalPodAutoscaler"):
            named = {entry["pods"]["metric"]["name"] for entry in item["spec"]["metrics"] if entry["type"] == "Pods"}
            assert named <= offered
            if named:
                scaled[item["metadata"]["name"]] = named
    assert scaled.pop("gateway") == {"http_server_in_flight"}
    assert set.union(*scaled.values()) == {"rpc_server_in_flight"}
    # all but those that have one process
    assert scaled.keys() == {"volume", "range", "phase", "pattern", "risk", "portfolio", "orchestrator"}


def promtool(*arguments: str) -> str:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write_rules(folder: Path, manifests: Manifests) -> Path:
    groups = [group for item in manifests.of_kind("PrometheusRule") for group in item["spec"]["groups"]]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    return folder / "rules.yaml"


@needs_promtool
def test_prometheus_takes_the_rules_and_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    manifests = build("production")
    promtool("check", "rules", str(write_rules(tmp_path, manifests)))
    queries = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(panel_queries(manifests))]
    panels = tmp_path / "panels.yaml"
    panels.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": queries}]}), encoding="utf-8")
    assert f"{len(queries)} rules found" in promtool("check", "rules", str(panels))


@needs_promtool
def test_alerts_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    write_rules(tmp_path, build("production"))
    cases = FOLDER.parents[1] / "tests" / "deploy" / "alerts.yaml"
    (tmp_path / cases.name).write_text(cases.read_text(encoding="utf-8"), encoding="utf-8")
    promtool("test", "rules", str(tmp_path / cases.name))


def test_every_alert_is_tested_and_has_a_runbook() -> None:
    alerts = {rule["alert"]: rule for rule in rules(build("production")) if "alert" in rule}
    assert alerts
    cases = yaml.safe_load((FOLDER.parents[1] / "tests" / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))
    fired = {case["alertname"] for test in cases["tests"] for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert fired == alerts.keys()
    page = FOLDER.parents[1] / "docs" / "runbooks.md"
    headings = set(re.findall(r"^## (\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert headings == alerts.keys()
    for name, rule in alerts.items():
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{name.lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_collector_joins_parts_that_it_has() -> None:
    content = yaml.safe_load(build("production").data("otel-collector")["config.yaml"])
    for pipeline in content["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= content[kind].keys()
    assert set(content["service"]["extensions"]) <= content["extensions"].keys()
    endpoint = content["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"]
    asked = build("production").data("wyckoff")["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert asked.rpartition(":")[2] == endpoint.rpartition(":")[2]


def test_prometheus_reads_the_pods_of_every_service() -> None:
    manifests = build("production")
    [monitor] = manifests.of_kind("PodMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    [endpoint] = monitor["spec"]["podMetricsEndpoints"]
    for workload in manifests.of_kind("Deployment"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        [pod] = workload["spec"]["template"]["spec"]["containers"]
        assert (wanted <= labels.items()) == (endpoint["port"] in {port["name"] for port in pod["ports"]})
