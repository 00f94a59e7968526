"""What a certificate says, and whether it, its key and its authorities can be used together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from wyckoff.rpc.errors import FailedPreconditionError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

#: Scheme of identities, as SPIFFE writes them.
SCHEME: Final = "spiffe://"
_PUBLIC: Final = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
_MAX_FILE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Certificate:
    """What people and programs want to know of a certificate; times are UTC, names those it may be called by."""

    subject: str
    issuer: str
    serial: int
    identities: tuple[str, ...]
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    is_authority: bool = False

    def days_left(self, now: datetime) -> float:
        """Days until it ends; negative once it has ended."""
        return (self.not_after - now).total_seconds() / 86_400

    def problem(self, now: datetime) -> str:
        """Why it cannot be used at this time; empty when it can."""
        if now > self.not_after:
            return f"ended at {_text(self.not_after)}"
        if now < self.not_before:
            return f"is not valid before {_text(self.not_before)}, and it is {_text(now)} here"
        return ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate with its key and the authorities to check others against, in PEM; ``own`` is the certificate."""

    cert_pem: bytes
    key_pem: bytes
    ca_pem: bytes
    own: Certificate

    def __repr__(self) -> str:
        # never the key, wherever this is logged
        return f"Credentials({self.own.subject}, serial {self.own.serial:x})"


def identity_uri(name: str, trust_domain: str) -> str:
    """The whole identity of a name; one that is whole already stays."""
    return name if name.startswith(SCHEME) else f"{SCHEME}{trust_domain}/{name}"


def read_file(path: Path, what: str) -> bytes:
    """The content; raises FailedPreconditionError that says which file and why."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unusable(path, what, f"cannot be read: {error.strerror}") from error
    if len(content) > _MAX_FILE_BYTES:
        raise _unusable(path, what, f"is longer than {_MAX_FILE_BYTES:,} bytes")
    return content


def read_certificates(path: Path, what: str) -> tuple[bytes, tuple[Certificate, ...]]:
    """A PEM file with one or more certificates: its content, and what each says."""
    content = read_file(path, what)
    return content, tuple(described(found) for found in _parsed(path, what, content))


def read_credentials(cert_file: Path, key_file: Path, ca_file: Path, now: datetime) -> Credentials:
    """All three files, checked; raises FailedPreconditionError that names the file that is wrong, and how."""
    cert_pem, key_pem = read_file(cert_file, "certificate"), read_file(key_file, "key")
    ca_pem = read_file(ca_file, "CA")
    certificate = _parsed(cert_file, "certificate", cert_pem)[0]
    key = _key(key_file, key_pem)
    if key.public_key().public_bytes(*_PUBLIC) != certificate.public_key().public_bytes(*_PUBLIC):
        raise _unusable(key_file, "key", f"does not belong to the certificate {cert_file}")
    own = described(certificate)
    if problem := own.problem(now):
        raise _unusable(cert_file, "certificate", problem)
    authorities = [described(found) for found in _parsed(ca_file, "CA", ca_pem)]
    problems = [authority.problem(now) for authority in authorities]
    if all(problems):
        raise _unusable(ca_file, "CA", f"has no certificate that can be used: the first {problems[0]}")
    return Credentials(cert_pem, key_pem, ca_pem, own)


def described(certificate: x509.Certificate) -> Certificate:
    """What it says."""
    identities, names = _alternative_names(certificate)
    return Certificate(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=certificate.serial_number,
        identities=identities,
        names=names,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_authority=_is_authority(certificate),
    )


def _parsed(path: Path, what: str, content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise _unusable(path, what, "has no certificate in PEM (-----BEGIN CERTIFICATE-----)") from error


def _key(path: Path, content: bytes) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(content, password=None)
    except TypeError as error:
        raise _unusable(path, "key", "is encrypted; give one that is not, readable by this user alone") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable(path, "key", "has no private key in PEM (-----BEGIN PRIVATE KEY-----)") from error


def _alternative_names(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    names = found.get_values_for_type(x509.DNSName)
    return tuple(found.get_values_for_type(x509.UniformResourceIdentifier)), (*names, *addresses)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _unusable(path: Path, what: str, problem: str) -> FailedPreconditionError:
    return FailedPreconditionError(f"the {what} file {path} {problem}", reason="TLS_FILE_UNUSABLE")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
