"""`wyckoff keys` as a user runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.command import wyckoff

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    folder = ("--data-dir", tmp_path)
    assert "there are no keys" in wyckoff("keys", "list", *folder).stdout

    made = wyckoff("keys", "add", "feed", "--scope", "read", "--scope", "write", *folder)
    key = made.stdout.strip()
    assert (made.returncode, key[:4]) == (0, "wyk_")
    assert key not in made.stderr

    listed = wyckoff("keys", "list", *folder).stdout
    assert key not in listed
    assert "feed" in listed
    assert "read, write" in listed

    again = wyckoff("keys", "add", "feed", *folder)
    assert (again.returncode, again.stdout) == (1, "")
    assert "already" in again.stderr
    wrong = wyckoff("keys", "add", "a/b", *folder)
    assert wrong.returncode == 2
    assert "name: 'a/b' is no name" in wrong.stderr

    assert wyckoff("keys", "revoke", "feed", *folder).returncode == 0
    assert wyckoff("keys", "revoke", "feed", *folder).returncode == 1
    revoked = wyckoff("keys", "list", *folder).stdout.splitlines()[-1]
    assert revoked.split()[-2].count("-") == 2
