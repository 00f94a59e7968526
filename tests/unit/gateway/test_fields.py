"""Fields of requests."""

from __future__ import annotations

from typing import get_args

import pytest

from services.gateway.fields import PatternName, ScaleName, patterns, scales, time_ms
from wyckoff.model.kinds import PatternType, Scale


@pytest.mark.parametrize(
    ("text", "expected_ms"),
    [
        ("1970-01-01", 0),
        ("2026-01-31", 1_769_817_600_000),
        ("2026-01-31T14:30:00Z", 1_769_869_800_000),
        ("2026-01-31T14:30:00.250+02:00", 1_769_862_600_250),
        ("1969-12-31t23:59:59.999z", -1),
    ],
)
def test_times(text: str, expected_ms: int) -> None:
    assert time_ms(text) == expected_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-30",
        "2026-01-31T14:30:00",
        "20260131",
        "1769817600000",
        "0001-01-01",
        "1799-12-31",
        "9999-12-31T23:59:59-23:59",
        "2026-01-31T24:30:00Z",
        "2026-01-31\n",
        "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0663\u0661",
    ],
)
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|range|day|hour|month"):
        time_ms(text)


def test_names_are_those_of_the_model() -> None:
    assert patterns(get_args(PatternName)) == list(PatternType)
    assert scales(get_args(ScaleName)) == list(Scale)
