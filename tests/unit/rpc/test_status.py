"""Errors keep code, message, reason, metadata and violations over the wire."""

from __future__ import annotations

import grpc
import pytest
from grpc import aio

from wyckoff.rpc.errors import (
    BY_CODE,
    Code,
    FieldViolation,
    InvalidArgumentError,
    NotFoundError,
    WyckoffError,
)
from wyckoff.rpc.status import DETAILS_KEY, error_from_call, grpc_code, status_details


def _over_the_wire(error: WyckoffError) -> WyckoffError:
    trailing = aio.Metadata((DETAILS_KEY, status_details(error)))
    return error_from_call(aio.AioRpcError(grpc_code(error.code), aio.Metadata(), trailing, error.message))


@pytest.mark.parametrize("kind", BY_CODE.values(), ids=lambda kind: kind.__name__)
def test_every_error_comes_back_as_itself(kind: type[WyckoffError]) -> None:
    back = _over_the_wire(kind("what was wrong", reason="SOME_REASON", metadata={"limit": "3"}))
    assert type(back) is kind
    assert (back.message, back.reason, back.metadata) == ("what was wrong", "SOME_REASON", {"limit": "3"})


def test_violations_come_back() -> None:
    violations = (FieldViolation("bars.high[3]", "is too low"), FieldViolation("bars.symbol", "is empty"))
    back = _over_the_wire(InvalidArgumentError(violations))
    assert isinstance(back, InvalidArgumentError)
    assert back.violations == violations


def test_an_error_without_details_keeps_code_and_message() -> None:
    plain = aio.AioRpcError(grpc.StatusCode.NOT_FOUND, aio.Metadata(), aio.Metadata(), "gone")
    back = error_from_call(plain)
    assert type(back) is NotFoundError
    assert back.message == "gone"


def test_a_code_outside_the_tree_is_unknown() -> None:
    odd = aio.AioRpcError(grpc.StatusCode.DATA_LOSS, aio.Metadata(), aio.Metadata(), "lost")
    assert error_from_call(odd).code is Code.UNKNOWN
