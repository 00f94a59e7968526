"""What grpc says of a connection that could not be made, in words that tell what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from wyckoff.rpc.tls.channel import RenewedChannel

if TYPE_CHECKING:
    from grpc import aio

HANDSHAKE_FAILED: Final = "TLS_HANDSHAKE_FAILED"

#: By a part of what grpc says of a handshake that this side gave up.
_REFUSED_HERE: Final = (
    ("certificate has expired", "the certificate of the server has expired"),
    ("certificate is not yet valid", "the certificate of the server is not valid yet; are both clocks right?"),
    ("not in peer certificate", "the certificate of the server has not the name that was called"),
    ("Hostname Verification Check failed", "the certificate of the server has not the name that was called"),
    ("CERTIFICATE_VERIFY_FAILED", "the certificate of the server is from none of the authorities in the CA file"),
    ("WRONG_VERSION_NUMBER", "the server does not speak TLS"),
)
#: What balancers say when no address of a target can be reached.
_NOT_CONNECTED: Final = ("failed to connect to all addresses", "connections to all backends failing")
_CLOSED: Final = ("Socket closed", "Connection reset", "Broken pipe")


def tls_trouble(channel: aio.Channel, details: str) -> str:
    """Why a call was UNAVAILABLE, as far as it has to do with TLS and can be told; empty otherwise."""
    if not any(part in details for part in _NOT_CONNECTED):
        return ""
    closed = any(part in details for part in _CLOSED)
    if not isinstance(channel, RenewedChannel):
        return f"{details}; it was in plain text, does the server expect TLS?" if closed else ""
    return _of_tls(channel, details, closed=closed)


def _of_tls(channel: RenewedChannel, details: str, *, closed: bool) -> str:
    begin = f"no TLS connection to {channel.target}: "
    for part, meaning in _REFUSED_HERE:
        if part in details:
            return begin + meaning
    if not closed:
        return ""
    own = channel.files.current().own
    problem = own.problem(datetime.now(UTC))
    if problem:
        return f"{begin}the own certificate {channel.files.cert_file} {problem}"
    return (
        f"{begin}the server closed the connection in the handshake, as it does when it cannot accept the certificate "
        f"of the caller, here that of {', '.join(own.identities) or own.subject} from {own.issuer}"
    )
