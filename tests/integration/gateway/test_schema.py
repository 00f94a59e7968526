"""The gateway against its own OpenAPI document: whatever is sent, answers are those that are documented.

``WYCKOFF_SCHEMA_EXAMPLES`` says how many requests of each kind are tried on each route; some hundred take minutes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.support.gateway import running_gateway
from tests.support.gateway_bodies import as_columns, as_rows
from tests.support.threads import in_thread
from tools.sample_bars import sample_bars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.schemas import APIOperation, BaseSchema

EXAMPLES: Final = int(os.environ.get("WYCKOFF_SCHEMA_EXAMPLES", "12"))
ROUTES: Final = [
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/health/orchestrator"),
    ("GET", "/api/v1/signals"),
    ("GET", "/api/v1/signals/{signal_id}"),
    ("GET", "/api/v1/rejections"),
    ("POST", "/api/v1/bars"),
    ("POST", "/api/v1/analyze"),
    ("GET", "/api/v1/analysis/{symbol}/{timeframe}"),
]
#: Where there is something that could be wrong.
WITH_INPUT: Final = [route for route in ROUTES if "health" not in route[1]]
IBM: Final = sample_bars("IBM").tail(1_200)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BaseSchema, requests.Session]]:
    """The document as it is served, and a connection; IBM is stored and analysed."""
    opening = running_gateway(
        tmp_path_factory.mktemp("gateway"), rate_limit="1000000/minute", costly_rate_limit="1000000/minute"
    )
    with in_thread(opening) as whole, requests.Session() as session:
        session.trust_env = False
        url = whole.gateway.url
        session.post(f"{url}/api/v1/bars", json=as_columns(IBM), timeout=30).raise_for_status()
        session.get(f"{url}/api/v1/analysis/IBM/1d?lookback_bars=1200", timeout=30).raise_for_status()
        document = session.get(f"{url}/api/v1/openapi.json", timeout=30).json()
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=url)
        yield schema, session


def _operation(api: tuple[BaseSchema, requests.Session], method: str, path: str) -> APIOperation[Any, Any, Any, Any]:
    return api[0][path][method]


@pytest.mark.parametrize(
    ("mode", "method", "path"),
    [(GenerationMode.POSITIVE, *route) for route in ROUTES]
    + [(GenerationMode.NEGATIVE, *route) for route in WITH_INPUT],
)
def test_whatever_is_sent(
    api: tuple[BaseSchema, requests.Session], mode: GenerationMode, method: str, path: str
) -> None:
    operation = _operation(api, method, path)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def check(case: Any) -> None:
        # that a time is after another, or a token is one of ours, no schema can say
        case.call_and_validate(session=api[1], excluded_checks=[positive_data_acceptance])

    check()


def test_real_answers_fit_their_schemas(api: tuple[BaseSchema, requests.Session]) -> None:
    schema, session = api
    signal = schema["/api/v1/signals"]["GET"].Case(query={"page_size": 1}).call(session=session)
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/v1/health/orchestrator", {}),
        ("GET", "/api/v1/signals", {"query": {"symbol": "IBM", "pattern_type": ["LPS", "SOS"], "from": "2004-01-01"}}),
        (
            "GET",
            "/api/v1/signals/{signal_id}",
            {"path_parameters": {"signal_id": signal.json()["signals"][0]["signal_id"]}},
        ),
        ("GET", "/api/v1/rejections", {"query": {"page_size": 50}}),
        ("GET", "/api/v1/analysis/{symbol}/{timeframe}", {"path_parameters": {"symbol": "IBM", "timeframe": "1d"}}),
        ("POST", "/api/v1/bars", {"body": as_rows(IBM.tail(300)), "media_type": "application/json"}),
        ("POST", "/api/v1/analyze", {"body": {"bars": as_columns(IBM)}, "media_type": "application/json"}),
    ]
    for method, path, values in cases:
        answer = _operation(api, method, path).Case(**values).call_and_validate(session=session)
        assert answer.status_code == 200, path
