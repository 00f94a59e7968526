"""Settings from the environment, and by whom requests are counted."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.gateway.config import GatewaySettings
from services.gateway.guard import address_caller


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_ALLOWED_HOSTS", "charts.example, 10.0.0.7")
    monkeypatch.setenv("GATEWAY_ALLOWED_ORIGINS", "https://charts.example")
    settings = GatewaySettings()
    assert settings.allowed_hosts == ("charts.example", "10.0.0.7")
    assert settings.allowed_origins == ("https://charts.example",)


@pytest.mark.parametrize("value", ["", "many", "10", "10/fortnight"])
def test_a_rate_that_is_none(value: str) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings(rate_limit=value)


@pytest.mark.parametrize(
    ("host", "caller"),
    [
        ("10.0.0.7", "address:10.0.0.7"),
        ("2001:db8:1:2:aaaa::1", "address:2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "address:2001:db8:1:2::/64"),
        ("fe80::1%eth0", "address:fe80::/64"),
        ("::ffff:10.0.0.7", "address:::ffff:10.0.0.7"),
        ("", "address:"),
    ],
)
def test_who_is_counted(host: str, caller: str) -> None:
    assert address_caller(host) == caller
