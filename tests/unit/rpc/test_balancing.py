"""Settings of balancing become options of grpc."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wyckoff.rpc.balancing import BalancingSettings, read_balancing_settings
from wyckoff.rpc.errors import FailedPreconditionError


def test_seconds_become_milliseconds() -> None:
    settings = BalancingSettings(max_connection_age_s=2.5, max_connection_age_grace_s=60)
    assert dict(settings.server_options) == {
        "grpc.max_connection_age_ms": 2500,
        "grpc.max_connection_age_grace_ms": 60_000,
    }


def test_an_age_too_small_for_a_millisecond_is_still_an_age() -> None:
    assert dict(BalancingSettings(max_connection_age_s=0.0001).server_options)["grpc.max_connection_age_ms"] == 1


@pytest.mark.parametrize("grace_s", [0.0, 5.0])
def test_without_an_age_connections_last(grace_s: float) -> None:
    assert BalancingSettings(max_connection_age_s=0, max_connection_age_grace_s=grace_s).server_options == ()


def test_by_default_calls_on_an_old_connection_are_never_cut_off() -> None:
    assert [name for name, _ in BalancingSettings().server_options] == ["grpc.max_connection_age_ms"]


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WYCKOFF_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS", "250")
    options = read_balancing_settings().channel_options
    assert options == (("grpc.dns_min_time_between_resolutions_ms", 250),)


def test_a_wrong_value_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WYCKOFF_DRAIN_S", "soon")
    with pytest.raises(FailedPreconditionError, match="drain_s"):
        read_balancing_settings()


@pytest.mark.parametrize("name", list(BalancingSettings.model_fields))
def test_nothing_is_negative(name: str) -> None:
    with pytest.raises(ValidationError):
        BalancingSettings.model_validate({name: -1})
