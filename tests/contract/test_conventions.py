"""Conventions that hold for every contract."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from wyckoff.model import kinds
from wyckoff.rpc import catalogue
from wyckoff.rpc.methods import Method
from wyckoff.wire import enums

if TYPE_CHECKING:
    from google.protobuf.descriptor import EnumDescriptor, FileDescriptor, ServiceDescriptor

STAGES = (
    "alerts",
    "common",
    "marketdata",
    "orchestrator",
    "pattern",
    "phase",
    "portfolio",
    "range",
    "risk",
    "volume",
)


def _file(stage: str) -> FileDescriptor:
    module = importlib.import_module(f"wyckoff.{stage}.v1.{stage}_pb2")
    descriptor: FileDescriptor = module.DESCRIPTOR
    return descriptor


def _services() -> list[ServiceDescriptor]:
    return [service for stage in STAGES for service in _file(stage).services_by_name.values()]


@pytest.mark.parametrize("service", _services(), ids=lambda service: service.full_name)
def test_every_rpc_has_a_request_and_response_of_its_own(service: ServiceDescriptor) -> None:
    for method in service.methods:
        assert method.input_type.name == f"{method.name}Request"
        assert method.output_type.name == f"{method.name}Response"


@pytest.mark.parametrize("stage", STAGES)
def test_enums_begin_with_unspecified(stage: str) -> None:
    for enum in _file(stage).enum_types_by_name.values():
        first: EnumDescriptor = enum
        assert first.values_by_number[0].name.endswith("_UNSPECIFIED")


def test_the_catalogue_names_methods_that_exist() -> None:
    known = {f"/{service.full_name}/{method.name}" for service in _services() for method in service.methods}
    called = {value.path for value in vars(catalogue).values() if isinstance(value, Method)}
    assert called <= known
    assert len(called) >= 14


def test_every_enum_of_the_model_is_on_the_wire_with_equal_names() -> None:
    codecs = {name: value for name, value in vars(enums).items() if isinstance(value, enums.EnumCodec)}
    assert len(codecs) == 12
    for side in kinds.Side:
        assert enums.SIDE.value(enums.SIDE.number(side), "side") is side
    for event in kinds.EventType:
        assert enums.EVENT_TYPE.value(enums.EVENT_TYPE.number(event), "type") is event
