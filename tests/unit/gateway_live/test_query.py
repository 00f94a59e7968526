"""What a client asks for in the address."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from services.gateway.live.query import read_wish
from services.gateway.live.subscription import Wish
from wyckoff.rpc.errors import InvalidArgumentError

ID = "0f7c2f6e-1111-5222-8333-444455556666"


def test_nothing_asks_for_everything_from_now_on() -> None:
    assert read_wish(QueryParams("")) == Wish()


def test_lists_are_separated_by_commas() -> None:
    query = QueryParams(f"after={ID}&types=signal_generated,%20phase_detected,&symbols=ACME,BRK.B,ACME")
    assert read_wish(query) == Wish(frozenset({"signal_generated", "phase_detected"}), frozenset({"ACME", "BRK.B"}), ID)


@pytest.mark.parametrize(
    ("query", "field", "part"),
    [
        ("types=signal", "types", "signal_generated"),
        ("types=SIGNAL_GENERATED", "types", "'SIGNAL_GENERATED'"),
        ("types=heartbeat", "types", "'heartbeat'"),
        ("after=17", "after", "UUID"),
        (f"after={ID.upper()}", "after", "lower-case"),
        ("after=00000000-0000-0000-0000-000000000000", "after", "no event id"),
        ("after=" + "a" * 1_000, "after", "..."),
        ("symbols=" + "A" * 21, "symbols", "20 characters"),
        ("symbols=" + ",".join(f"S{number}" for number in range(1_001)), "symbols", "1001 entries"),
        ("types=bar_ingested&types=signal_generated", "types", "twice"),
        ("api_key=secret", "'api_key'", "unknown"),
    ],
)
def test_what_is_wrong_is_named(query: str, field: str, part: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        read_wish(QueryParams(query))
    (violation,) = caught.value.violations
    assert violation.field == field
    assert part in violation.description
    assert len(violation.description) < 300
