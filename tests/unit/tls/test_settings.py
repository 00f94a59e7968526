"""Settings of transport security, as operators write them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from wyckoff.rpc.tls.settings import TlsSettings, tls_of_folder

READ = """
import json
from wyckoff.rpc.errors import FailedPreconditionError
from wyckoff.rpc.tls.settings import read_tls_settings
try:
    print(read_tls_settings().model_dump_json())
except FailedPreconditionError as error:
    print(json.dumps(error.message))
"""


def read(**variables: str) -> object:
    """What a process with these variables reads, or the message of the error that it gets."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WYCKOFF_")}
    command = [sys.executable, "-c", READ]
    done = subprocess.run(command, env={**environment, **variables}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_all_at_once_from_the_environment() -> None:
    settings = read(
        WYCKOFF_TLS_CERT_FILE="a.crt",
        WYCKOFF_TLS_KEY_FILE="a.key",
        WYCKOFF_TLS_CA_FILE="ca.crt",
        WYCKOFF_TLS_ALLOWED_PEERS="orchestrator, spiffe://elsewhere/desk",
        WYCKOFF_TLS_SERVER_NAMES='{"10.0.0.7:1": "pattern.wyckoff.svc"}',
        WYCKOFF_ALLOW_PLAINTEXT="",
        WYCKOFF_HEALTH_ADDRESS="0.0.0.0:9090",
    )
    assert isinstance(settings, dict)
    assert settings["tls_cert_file"] == "a.crt"
    assert settings["tls_allowed_peers"] == ["orchestrator", "spiffe://elsewhere/desk"]
    assert settings["tls_server_names"] == {"10.0.0.7:1": "pattern.wyckoff.svc"}
    assert settings["allow_plaintext"] is False
    assert settings["health_address"] == "0.0.0.0:9090"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"WYCKOFF_TLS_CERT_FILE": "a.crt"}, "WYCKOFF_TLS_KEY_FILE and WYCKOFF_TLS_CA_FILE missing"),
        ({"WYCKOFF_TLS_CHECK_INTERVAL_S": "often"}, "WYCKOFF_TLS_CHECK_INTERVAL_S: Input should be a valid number"),
        ({"WYCKOFF_TLS_SERVER_NAMES": "a=b"}, "tls_server_names"),
        ({"WYCKOFF_TLS_TRUST_DOMAIN": "a/b"}, "WYCKOFF_TLS_TRUST_DOMAIN"),
    ],
    ids=["half", "no number", "no JSON", "no domain"],
)
def test_what_cannot_be_understood_names_the_variable(variables: dict[str, str], told: str) -> None:
    message = read(**variables)
    assert isinstance(message, str)
    assert told in message


def test_without_files_all_is_plain_text_on_loopback() -> None:
    settings = TlsSettings()
    assert not settings.enabled
    assert not settings.allow_plaintext


def test_a_folder_has_the_files_by_name() -> None:
    settings = tls_of_folder(Path("tls"), "client")
    assert settings.enabled
    assert (settings.tls_cert_file, settings.tls_key_file) == (Path("tls/client.crt"), Path("tls/client.key"))
    assert settings.tls_ca_file == Path("tls/ca.crt")


def test_half_of_the_files_is_an_error_wherever_it_is_said() -> None:
    with pytest.raises(ValidationError, match="WYCKOFF_TLS_CA_FILE missing"):
        TlsSettings(tls_cert_file=Path("a.crt"), tls_key_file=Path("a.key"))


def test_equal_settings_share_what_is_made_of_them() -> None:
    one, other = (TlsSettings(tls_server_names={"a": "b"}) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert hash(one) != hash(TlsSettings())
