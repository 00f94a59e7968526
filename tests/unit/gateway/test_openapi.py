"""The OpenAPI document says what the gateway does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from services.gateway.app import create_app
from services.gateway.bodies import AnalyzeBody, BarsBody
from services.gateway.parts import open_parts
from services.gateway.schemas import message_schemas
from tests.support.gateway import gateway_settings
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTES = {
    ("get", "/api/v1/health"),
    ("get", "/api/v1/health/orchestrator"),
    ("get", "/api/v1/signals"),
    ("get", "/api/v1/signals/{signal_id}"),
    ("get", "/api/v1/rejections"),
    ("post", "/api/v1/bars"),
    ("post", "/api/v1/analyze"),
    ("get", "/api/v1/analysis/{symbol}/{timeframe}"),
}


@pytest.fixture
async def document(tmp_path: Path) -> dict[str, Any]:
    async with open_parts(gateway_settings(tmp_path)) as parts:
        return create_app(parts).openapi()


def _media(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for method, path in ROUTES:
        operation = document["paths"][path][method]
        contents = {f"{method} {path} {code}": found for code, found in operation["responses"].items()}
        if "requestBody" in operation:
            contents[f"{method} {path} body"] = operation["requestBody"]
        for place, content in contents.items():
            for media in content["content"].values():
                yield place, media


async def test_every_route_has_an_example_of_each_body_and_answer_that_fits_its_schema(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.1")
    for place, media in _media(document):
        if place == "get /api/v1/health 200":
            continue
        examples = [item["value"] for item in media.get("examples", {}).values()] or [media["example"]]
        schema = {**media["schema"], "components": document["components"]}
        validator = jsonschema_rs.validator_for(schema, validate_formats=True)
        for example in examples:
            assert [error.message for error in validator.iter_errors(example)] == [], place


async def test_errors_are_documented_as_problems(document: dict[str, Any]) -> None:
    for method, path in ROUTES - {("get", "/api/v1/health")}:
        responses = document["paths"][path][method]["responses"]
        assert {"200", "400", "401", "403", "429", "503", "504"} <= set(responses), path
        for code, response in responses.items():
            if int(code) >= 400:
                assert list(response["content"]) == ["application/problem+json"]


async def test_examples_of_bodies_are_taken(document: dict[str, Any]) -> None:
    for path, model in (("/api/v1/bars", BarsBody), ("/api/v1/analyze", AnalyzeBody)):
        examples = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            model.model_validate_json(json.dumps(example["value"]))


def test_a_schema_follows_its_contract() -> None:
    schemas = message_schemas([orchestrator_pb2.GetHealthResponse, common_pb2.Evidence])
    health = schemas["GetHealthResponse"]
    assert health["properties"]["analysis_count"]["type"] == "string"
    assert health["properties"]["components"]["items"]["$ref"].endswith("/ComponentHealth")
    assert "cache_hit_rate" not in health["required"]
    assert "HEALTH_STATUS_HEALTHY" in schemas["HealthStatus"]["enum"]
    assert schemas["Evidence"]["required"] == ["name"]
