"""Whatever is sent to any RPC of any service, the answer is a result or a clean refusal, and it goes on serving."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import message_factory
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.effort import FUZZ
from tests.fuzz.system import CLEAN, METHODS, FuzzedSystem, fuzzed_channel, real_requests
from tests.support.messages import changed, messages
from wyckoff.schematics import schematic

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Bars with patterns, so that requests of every stage have something in them.
BARS = schematic(kind="accumulation", shakeout=True, noise=0.3, seed=0).bars
REAL = asyncio.run(real_requests(BARS))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzedSystem]:
    with asyncio.Runner() as runner:
        opened = fuzzed_channel(tmp_path_factory.mktemp("fuzz"))
        yield FuzzedSystem(runner, runner.run(opened.__aenter__()))
        runner.run(opened.__aexit__(None, None, None))


def check(system: FuzzedSystem, path: str, request: bytes) -> None:
    code, text = system.send(path, request)
    assert code in CLEAN, f"{code.name}: {text}"


@pytest.mark.parametrize("path", REAL)
def test_the_real_requests_are_answered(system: FuzzedSystem, path: str) -> None:
    code, text = system.send(path, REAL[path].SerializeToString())
    assert code is grpc.StatusCode.OK, text


@pytest.mark.parametrize("path", METHODS)
@FUZZ
@given(data=st.data())
def test_any_bytes(system: FuzzedSystem, path: str, data: st.DataObject) -> None:
    check(system, path, data.draw(st.binary(max_size=200)))


@pytest.mark.parametrize("path", METHODS)
@FUZZ
@given(data=st.data())
def test_any_message(system: FuzzedSystem, path: str, data: st.DataObject) -> None:
    kind: Any = message_factory.GetMessageClass(METHODS[path].input_type)
    check(system, path, data.draw(messages(kind)).SerializeToString())


@pytest.mark.parametrize("path", REAL)
@FUZZ
@given(data=st.data())
def test_a_real_request_with_something_else_in_it(system: FuzzedSystem, path: str, data: st.DataObject) -> None:
    check(system, path, data.draw(changed(REAL[path])).SerializeToString())
