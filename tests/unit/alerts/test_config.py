"""Settings: what is right is read, what is wrong is named, what is secret is never shown."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from services.alerts.config import AlertsSettings
from services.alerts.rules import AlertKind
from tests.support.alerts import NEW_SECRET, SECRET, webhook

if TYPE_CHECKING:
    from pathlib import Path

GOOD = f"""
damping_s = 60

[[targets]]
name = "desk"
url = "https://example.org/hooks/wyckoff"
secrets = ["env:DESK_SECRET", "{SECRET}"]

[[targets]]
name = "mail"
apprise = "env:MAIL_URL"

[[rules]]
targets = ["desk", "mail"]
kinds = ["signal_generated", "phase_detected"]
symbols = ["AAPL", "MSFT"]
timeframes = ["1d"]
min_confidence = 80

[[rules]]
targets = ["mail"]
kinds = ["breaker_changed"]
"""

#: Reads settings from each file, because the environment belongs to a whole process.
READ = """
import os, sys
from services.alerts.config import read_settings
from wyckoff.rpc.errors import WyckoffError
for file in sys.argv[1:]:
    os.environ["ALERTS_CONFIG"] = file
    try:
        settings = read_settings()
    except WyckoffError as error:
        print("refused:", error.message.replace(chr(10), " "))
    else:
        keys, mail = settings.targets[0].keys, settings.targets[1].apprise.get_secret_value()
        print(repr(settings), "used:", keys[0].decode(), mail, settings.damping_s)
"""
MAIL = "mailtos://user:hidden@example.org"


def read(*files: Path, **environment: str) -> list[str]:
    """What a process with this environment says of the settings in each file."""
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, files)],
        env={**os.environ, "DESK_SECRET": NEW_SECRET, "MAIL_URL": MAIL, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def test_file_and_environment_are_read_and_secrets_hidden(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(GOOD)
    (said,) = read(file, ALERTS_DAMPING_S="7")
    shown, _, used = said.partition(" used: ")
    assert used == f"new secret for the test of keys! {MAIL} 7.0"
    assert "hidden" not in shown
    assert "whsec" not in shown
    assert "min_confidence=80" in shown


WRONG = [
    ('kinds = ["breaker_changed"]', 'kinds = ["breakers"]', "alerts.rules.1.kinds.0: Input should be 'signal_gen"),
    ('targets = ["mail"]', 'targets = ["fax"]', "rules.1.targets: fax is no target; there are: desk, mail"),
    ('name = "mail"', 'name = "desk"', "desk is there twice"),
    ("https://", "http://", "alerts.targets.0: url is unencrypted"),
    ("https://", "ftp://", "url has to begin with https://"),
    ("https://", "https://user:hidden@", "url has a user or password in it"),
    (SECRET, "whsec_hidden", "alerts.targets.0.secrets: is no webhook secret"),
    ('timeframes = ["1d"]', 'timeframes = ["daily"]', "alerts.rules.0.timeframes: 'daily' is no bar length"),
    ("min_confidence = 80", "min_confidence = 800", "alerts.rules.0.min_confidence: "),
    ("min_confidence = 80", "minimum = 80", "alerts.rules.0.minimum: Extra inputs are not permitted"),
    ('apprise = "env:MAIL_URL"', "", "alerts.targets.1: has both or neither of url"),
    ("env:MAIL_URL", "env:NOT_THERE", "names the variable NOT_THERE, which is not set"),
    ("[[rules]]", "[[rules", "is no TOML"),
]


def test_what_is_wrong_is_named_and_nothing_secret_shown(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.toml" for number in range(len(WRONG))]
    for file, (old, new, _) in zip(files, WRONG, strict=True):
        assert old in GOOD
        file.write_text(GOOD.replace(old, new))
    for said, (_, _, part) in zip(read(*files), WRONG, strict=True):
        assert said.startswith("refused:")
        assert part in said
        assert "hidden" not in said
        assert NEW_SECRET not in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "ALERTS_CONFIG: names" in read(tmp_path / "none.toml")[0]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:80"])
def test_loopback_needs_no_encryption(host: str) -> None:
    assert webhook(url=f"http://{host}/hooks").url is not None
    assert webhook(url="http://10.0.0.7/hooks", allow_http=True).url is not None


def test_a_webhook_without_a_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="has no secrets"):
        webhook(secrets=())
    assert AlertsSettings(targets=(webhook(),), rules=()).rules == ()
    assert AlertKind("target_paused") is AlertKind.TARGET_PAUSED
