"""What stays on this machine."""

from __future__ import annotations

import pytest

from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.tls.credentials import secured
from wyckoff.rpc.tls.loopback import is_loopback
from wyckoff.rpc.tls.settings import TlsSettings

HERE = [
    "127.0.0.1:50051",
    "127.8.9.10:1",
    "localhost:50051",
    "LOCALHOST",
    "volume.localhost.:1",
    "[::1]:50051",
    "::1",
    "dns:localhost:1",
    "dns:///localhost:1",
    "dns://10.0.0.2:53/127.0.0.1:1",
    "ipv4:127.0.0.1:1,127.0.0.2:1",
    "ipv6:[::1]:1",
    "unix:/run/wyckoff.sock",
    "unix:///run/wyckoff.sock",
    "unix-abstract:wyckoff",
]
ELSEWHERE = [
    "0.0.0.0:50051",
    "[::]:50051",
    ":50051",
    "",
    "10.0.0.7:50051",
    "[2001:db8::1]:50051",
    "pattern.wyckoff.svc:50055",
    "pattern:50055",
    "dns:///pattern-headless.wyckoff.svc.cluster.local:50055",
    "dns://127.0.0.1:53/pattern.wyckoff.svc:50055",
    "ipv4:127.0.0.1:1,10.0.0.7:1",
    "localhost.example.org:1",
    "127.0.0.1.example.org:1",
    "xds:///pattern",
]


@pytest.mark.parametrize("target", HERE)
def test_plain_text_on_this_machine_needs_no_permission(target: str) -> None:
    assert is_loopback(target)
    assert secured(target, TlsSettings()) is None


@pytest.mark.parametrize("target", ELSEWHERE)
def test_plain_text_to_elsewhere_does(target: str) -> None:
    assert not is_loopback(target)
    with pytest.raises(FailedPreconditionError, match="WYCKOFF_ALLOW_PLAINTEXT=true") as caught:
        secured(target, TlsSettings())
    assert caught.value.reason == "PLAINTEXT_REFUSED"
    assert secured(target, TlsSettings(allow_plaintext=True)) is None
