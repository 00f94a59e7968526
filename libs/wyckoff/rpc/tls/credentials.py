"""Credentials of grpc from certificate files, and the rule on plain text."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Final

import grpc

from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.tls.loopback import is_loopback
from wyckoff.rpc.tls.settings import read_tls_settings
from wyckoff.telemetry.readings import CertificateReading, observe_certificates

if TYPE_CHECKING:
    from wyckoff.rpc.tls.certificate import Credentials
    from wyckoff.rpc.tls.files import CertificateFiles
    from wyckoff.rpc.tls.settings import TlsSettings

_lock: Final = threading.Lock()
_shared: Final[dict[TlsSettings, CertificateFiles]] = {}


def secured(target: str, settings: TlsSettings | None) -> TlsSettings | None:
    """The settings of TLS to or on ``target``, None for plain text. Without settings the environment says.

    Raises FailedPreconditionError for plain text that would leave this machine without permission.
    """
    chosen = settings or read_tls_settings()
    if chosen.enabled:
        return chosen
    if not chosen.allow_plaintext and not is_loopback(target):
        raise FailedPreconditionError(
            f"{target} is not on loopback, and plain text stays on this machine: set WYCKOFF_TLS_CERT_FILE, "
            "WYCKOFF_TLS_KEY_FILE and WYCKOFF_TLS_CA_FILE, or WYCKOFF_ALLOW_PLAINTEXT=true where the network is "
            "protected by other means",
            reason="PLAINTEXT_REFUSED",
        )
    return None


def shared_files(settings: TlsSettings) -> CertificateFiles:
    """The files of the settings, one object for all servers and channels of this process."""
    # brings cryptography with it, which plain text on one machine has no use for
    from wyckoff.rpc.tls.files import CertificateFiles

    with _lock:
        files = _shared.get(settings)
        if files is None:
            files = _shared[settings] = CertificateFiles(settings)
            observe_certificates(partial(_reading, files))
        return files


def _reading(files: CertificateFiles) -> dict[str, CertificateReading]:
    own = files.current().own
    return {str(files.cert_file): CertificateReading(own.not_after.timestamp(), files.failed_reloads)}


def channel_credentials(credentials: Credentials) -> grpc.ChannelCredentials:
    """For a channel: checks the server, and shows it the own certificate."""
    return grpc.ssl_channel_credentials(credentials.ca_pem, credentials.key_pem, credentials.cert_pem)


def server_credentials(files: CertificateFiles) -> grpc.ServerCredentials:
    """For a server: every new connection meets the newest files, and must show a certificate of its own."""
    used = files.current()

    def newest() -> grpc.ServerCertificateConfiguration | None:
        # asked by grpc, in a thread of its own, before each handshake; None goes on with what it has
        nonlocal used
        current = files.current()
        if current is used:
            return None
        used = current
        return _configuration(current)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(used),
        newest,  # type: ignore[arg-type]
        require_client_authentication=True,
    )


def _configuration(credentials: Credentials) -> grpc.ServerCertificateConfiguration:
    pair = (credentials.key_pem, credentials.cert_pem)
    return grpc.ssl_server_certificate_configuration([pair], credentials.ca_pem)
