"""Requests for lists: what is asked for, and what is refused naming the field."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.listing import is_id, page_of, rejection_filter, signal_filter
from orchestrator.storage.kept import RejectionFilter, SignalFilter
from wyckoff.common.v1 import common_pb2
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.pages import encode_token


def test_filters_say_what_the_request_says() -> None:
    spring = common_pb2.PATTERN_TYPE_SPRING
    request = orchestrator_pb2.ListRejectionsRequest(
        symbol="ACME", timeframe="1d", pattern_types=[spring, spring], stage="Risk", near_misses_only=True
    )
    # no whole millisecond: the next one is the first that is late enough
    request.start_time.FromNanoseconds(1_500_001)
    assert rejection_filter(request) == RejectionFilter("ACME", "1d", (spring,), 2, "Risk", near_miss=True)
    assert rejection_filter(orchestrator_pb2.ListRejectionsRequest()) == RejectionFilter()
    assert signal_filter(orchestrator_pb2.ListSignalsRequest(symbol="ACME")) == SignalFilter("ACME")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"symbol": "A" * 21}, "symbol"),
        ({"symbol": "A\0"}, "symbol"),
        ({"timeframe": "1 d"}, "timeframe"),
        ({"pattern_types": [common_pb2.PATTERN_TYPE_SOS, 99]}, "pattern_types[1]"),
        ({"stage": "risk"}, "stage"),
        ({"start_time": {"seconds": 10**15}}, "start_time"),
    ],
)
def test_bad_filters_name_the_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        rejection_filter(orchestrator_pb2.ListRejectionsRequest(**fields))
    assert [item.field for item in caught.value.violations] == [field]


@pytest.mark.parametrize("key", [("x", "id"), ("9" * 19, "id"), ("1", "i\0d"), ("1", "i" * 65), ("1",), ("²", "id")])
def test_foreign_page_tokens_are_refused(key: tuple[str, ...]) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        page_of(orchestrator_pb2.ListRejectionsRequest(page_token=encode_token(*key)))
    assert [item.field for item in caught.value.violations] == ["page_token"]


def test_a_page_says_how_many_and_behind_what() -> None:
    request = orchestrator_pb2.ListSignalsRequest(page_size=5_000, page_token=encode_token("-7", "id"))
    page = page_of(request)
    assert (page.limit, page.after) == (1_000, (-7, "id"))
    with pytest.raises(InvalidArgumentError):
        page_of(orchestrator_pb2.ListSignalsRequest(page_size=-1))


def test_text_that_no_database_takes_is_no_id() -> None:
    assert is_id("0b9f8f6e-0000-5000-8000-000000000000")
    assert not is_id("a\0b")
